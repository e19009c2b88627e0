/* The device and network test before a visit: camera, microphone, speaker, an echo through the sidecar, bandwidth.

   Decides what the call can be: video, audio or message. The verdict goes into plain form fields, so that the form
   around it stores it; without JavaScript the person fills the same fields by hand.

   Markup
     [data-device-test]        the root
       data-socket             ws:// or wss:// address, or a path on this host: "/signaling"
       data-ticket-url         POST → {"ticket", "iceServers"}; the ticket's use is "echo"
       data-csrf               sent as X-CSRFToken with that POST
       data-text-…             sentences for the live region, each optional: starting, denied, speak, echo, network,
                               done, no-echo, unsupported; and what is written of a step: ok, failed
     inside the root, all optional but the first:
       [data-test]             hidden in the markup: what is of use with this script only
       button[data-start]      begin, or begin again
       button[data-tone]       play a tone; whether it was heard, the person says in the form
       video[data-preview]     playsinline muted
       meter[data-level]       microphone level, 0 to 1
       [data-status]           role="status"; the live region
       [data-step="…"]         camera, microphone, echo, network: data-outcome becomes ok or failed, and a [data-result]
                               inside says so in words, once for each outcome: it stands in a live region
       [data-verdict="…"]      video, audio, message: the one that holds is shown, the others hidden
       [data-field="…"]        or name="…"; input, radio buttons or select: verdict, camera, microphone, echo (yes,
                               no), up_kbps, down_kbps
   State on the root: data-state (idle, testing, done). */
(() => {
  "use strict";
  const root = document.querySelector("[data-device-test]");
  if (!root) return;

  const VIDEO_KBPS = 150; // the picture's floor of 100 and the sound
  const AUDIO_KBPS = 30;
  const BURST_BYTES = 96 * 1024;
  const BURST_MS = 3000;
  const CHUNK = 1000;
  const ECHO_MS = 9000;

  const data = root.dataset;
  const one = (selector) => root.querySelector(selector);
  const test = one("[data-test]");
  if (test) test.hidden = false;
  const say = (name) => {
    const text = root.getAttribute(`data-text-${name}`), status = one("[data-status]");
    if (text && status && status.textContent !== text) status.textContent = text;
  };
  const field = (name, value) => {
    root.querySelectorAll(`[data-field="${name}"], [name="${name}"]`).forEach((found) => {
      if (found.type === "radio") found.checked = found.value === value; else found.value = value;
    });
  };
  const mark = (found, outcome) => {
    const words = found.querySelector("[data-result]");
    if (found.dataset.outcome === outcome) return;
    found.dataset.outcome = outcome;
    if (words) words.textContent = root.getAttribute(`data-text-${outcome}`) || "";
  };
  const step = (name, ok) => {
    const found = one(`[data-step="${name}"]`);
    if (found) mark(found, ok ? "ok" : "failed");
    return ok;
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const within = (promise, ms) => Promise.race([promise, wait(ms).then(() => { throw new Error("too late"); })]);

  let context = null, heard = false, stream = null, metering = 0, measured = null;

  function loudspeaker() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!context) context = new Context();
    context.resume();
    return context;
  }

  function tone() {
    const audio = loudspeaker(), source = audio.createOscillator(), volume = audio.createGain();
    source.frequency.value = 440;
    volume.gain.setValueAtTime(0.2, audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.8);
    source.connect(volume);
    volume.connect(audio.destination);
    source.start();
    source.stop(audio.currentTime + 0.8);
  }

  async function openDevices() {
    const open = (wish) => navigator.mediaDevices.getUserMedia(wish);
    const video = { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { max: 15 } };
    try { return await open({ audio: true, video }); } catch (both) { /* one of them may still work */ }
    try { return await open({ audio: true }); } catch (noSound) { /* perhaps a camera at least */ }
    try { return await open({ video }); } catch (nothing) { return new MediaStream(); }
  }

  function meter() {
    const analyser = loudspeaker().createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    metering = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const level = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
      if (level > 0.01 && !heard) {
        heard = step("microphone", true);
        if (measured) conclude(); // who spoke only when all was measured is heard too
      }
      if (one("[data-level]")) one("[data-level]").value = Math.min(1, level * 4);
    }, 100);
  }

  /* ── the echo ── */

  async function ask() {
    const headers = { "X-CSRFToken": data.csrf || "", Accept: "application/json" };
    const answer = await fetch(data.ticketUrl, { method: "POST", credentials: "same-origin", headers });
    if (!answer.ok || answer.redirected) throw new Error("no ticket");
    return answer.json();
  }

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  };

  /* A socket whose messages can be waited for by type. */
  function talk(grant) {
    const address = data.socket.startsWith("/") ? location.origin.replace(/^http/, "ws") + data.socket : data.socket;
    const socket = new WebSocket(address), waiters = {};
    let fail = () => null;
    const broken = new Promise((_, no) => { fail = no; });
    broken.catch(() => null);
    socket.onopen = () => socket.send(JSON.stringify({ type: "echo", ticket: grant.ticket, connection: newId() }));
    socket.onclose = () => fail(new Error("socket"));
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (waiters[message.type]) waiters[message.type](message);
    };
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      next: (type) => Promise.race([broken, new Promise((yes) => { waiters[type] = yes; })]),
      close: () => socket.close(),
    };
  }

  async function echo(grant, line) {
    await within(line.next("ready"), ECHO_MS);
    const pc = new RTCPeerConnection({ iceServers: grant.iceServers || [] });
    const channel = pc.createDataChannel("burst", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    const opened = new Promise((yes) => { channel.onopen = yes; });
    const senders = stream.getTracks().map((track) => pc.addTrack(track, stream));
    pc.ontrack = (event) => { // silent: the echo of a loudspeaker would howl; the samples are counted all the same
      const sink = document.createElement(event.track.kind);
      sink.muted = true;
      sink.srcObject = new MediaStream([event.track]);
      sink.play().catch(() => null);
    };
    let number = 0;
    const early = [];
    let described = false;
    const tell = (candidate) => line.send({ type: "candidate", n: ++number, candidate });
    pc.onicecandidate = (event) => { if (event.candidate) { if (described) tell(event.candidate); else early.push(event.candidate); } };
    await pc.setLocalDescription(await pc.createOffer());
    const answered = line.next("answer");
    line.send({ type: "offer", n: ++number, sdp: pc.localDescription.sdp });
    described = true;
    early.forEach(tell);
    await pc.setRemoteDescription({ type: "answer", sdp: (await within(answered, ECHO_MS)).sdp });
    await within(opened, ECHO_MS);
    return { pc, channel, senders };
  }

  /* Whether picture and sound came back. */
  async function comesBack(pc, until) {
    const wanted = stream.getTracks().map((track) => track.kind);
    while (performance.now() < until) {
      const back = new Set();
      (await pc.getStats()).forEach((stat) => {
        if (stat.type !== "inbound-rtp") return;
        if (stat.kind === "video" && stat.framesDecoded > 0) back.add("video");
        if (stat.kind === "audio" && stat.totalSamplesReceived > (stat.concealedSamples || 0)) back.add("audio");
      });
      if (wanted.every((kind) => back.has(kind))) return true;
      await wait(200);
    }
    return false;
  }

  async function sendBurst(channel, line) {
    const until = performance.now() + BURST_MS, chunk = new Uint8Array(CHUNK);
    let sent = 0;
    while (sent < BURST_BYTES && performance.now() < until && channel.readyState === "open") {
      if (channel.bufferedAmount < 16384) { channel.send(chunk); sent += CHUNK; } else await wait(10);
    }
    while (channel.bufferedAmount > 0 && performance.now() < until) await wait(10);
    await wait(300); // what is on its way arrives before the question
    const answered = line.next("burst-received");
    line.send({ type: "burst-sent", bytes: sent });
    const got = await within(answered, ECHO_MS);
    return Math.round(got.bytes * 8 / got.ms);
  }

  async function receiveBurst(channel, line) {
    let first = 0, last = 0, bytes = 0;
    channel.onmessage = (event) => {
      last = performance.now();
      if (first) bytes += event.data.byteLength; else first = last;
    };
    const done = line.next("burst-sent");
    line.send({ type: "burst-please" });
    await within(done, BURST_MS + ECHO_MS);
    await wait(300);
    return Math.round(bytes * 8 / Math.max(1, last - first));
  }

  async function network() {
    const result = { echo: false, up: 0, down: 0 };
    let line = null, call = null;
    try {
      const grant = await within(ask(), ECHO_MS);
      line = talk(grant);
      say("echo");
      call = await echo(grant, line);
      result.echo = await comesBack(call.pc, performance.now() + ECHO_MS);
      say("network");
      // the burst alone on the link: the picture would share what is to be measured
      await Promise.all(call.senders.map((sender) => sender.replaceTrack(null)));
      result.up = await sendBurst(call.channel, line);
      result.down = await receiveBurst(call.channel, line);
      line.send({ type: "leave" });
    } catch (unreachable) { /* the result says what was reached */ }
    if (call) call.pc.close();
    if (line) line.close();
    return result;
  }

  /* ── the test ── */

  function stop() {
    clearInterval(metering);
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
  }

  function conclude() {
    const { camera, result } = measured;
    const kbps = Math.min(result.up, result.down);
    let verdict = "message";
    if (heard && kbps >= AUDIO_KBPS) verdict = camera && result.echo && kbps >= VIDEO_KBPS ? "video" : "audio";
    for (const [name, ok] of [["camera", camera], ["microphone", heard], ["echo", result.echo]]) field(name, ok ? "yes" : "no");
    field("up_kbps", result.up);
    field("down_kbps", result.down);
    field("verdict", verdict);
    step("microphone", heard);
    step("echo", result.echo);
    step("network", kbps >= AUDIO_KBPS);
    root.querySelectorAll("[data-verdict]").forEach((found) => { found.hidden = found.dataset.verdict !== verdict; });
    say(result.echo ? "done" : "no-echo");
    data.state = "done";
  }

  async function begin() {
    if (data.state === "testing") return;
    data.state = "testing";
    stop();
    heard = false;
    measured = null;
    root.querySelectorAll("[data-step]").forEach((found) => mark(found, ""));
    say("starting");
    stream = await openDevices();
    const camera = step("camera", stream.getVideoTracks().length > 0);
    if (!stream.getTracks().length) say("denied");
    const preview = one("[data-preview]");
    if (camera && preview) { preview.srcObject = stream; preview.play().catch(() => null); }
    if (stream.getAudioTracks().length) { meter(); say("speak"); }
    measured = { camera, result: await network() };
    conclude();
  }

  data.state = "idle";
  const start = one("[data-start]"), sounder = one("[data-tone]");
  if (sounder) sounder.addEventListener("click", tone);
  if (!window.RTCPeerConnection || !window.WebSocket || !navigator.mediaDevices) { say("unsupported"); return; }
  if (start) start.addEventListener("click", begin);
  addEventListener("pagehide", stop);
})();
