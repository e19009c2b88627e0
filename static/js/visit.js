/* The call and the waiting room of a visit.

   Owns one page's devices, peer connection and socket. Says nothing of its own: every sentence comes from the page.
   Messages on the socket: portal/kernel/video/wire.py. Media never waits for the socket and never ends with it.

   Markup
     [data-visit-call]         the root; at most one on a page
       data-mode               "call" (default) or "wait"
       data-socket             ws:// or wss:// address, or a path on this host: "/signaling"
       data-ticket-url         POST → {"ticket", "iceServers", "use", "csrf"?}; 409 or 410: the visit is over;
                               400, 401, 403, 404 or a redirect: no longer signed in; a call that stands goes on
       data-csrf               sent as X-CSRFToken with that POST
       data-chat-url           GET with HX-Request: true → HTML with a [data-chat] element (optional)
       data-next-url           wait mode: where to go once admitted
       data-probe-seconds      how long sound goes alone before the picture is tried again (10; doubles up to 60)
       data-autostart          begin without a press of [data-join] (always so in wait mode)
       data-text-…             sentences for the live region, each optional: connecting, waiting, connected,
                               audio-only, video-back, reconnecting, peer-left, no-microphone, no-camera, hung-up,
                               ended, withdrawn, replaced, room-full, signed-out, unsupported
     inside the root, all optional but the first in call mode:
       video[data-remote]      playsinline; the other end, silent (sound has a player of its own)
       video[data-local]       playsinline muted; the own camera
       [data-status]           role="status"; the live region
       [data-remote-off]       shown while no picture comes from the other end
       button[data-join]       shown when not in the call: begin, or come back
       button[data-mute]       aria-pressed is kept
       button[data-camera]     aria-pressed is kept: true means that the camera is off
       button[data-leave]      hang up
       button[data-unblock]    shown when the browser wants a press before it plays sound
       [data-controls]         shown while in the call
       [data-end-link]         shown when the call is over
     anywhere: [data-chat]     the list of messages, never the form: its children follow the server's
   State for style, support and tests, on the root: data-state (idle, connecting, connected, reconnecting, ended),
   data-socket-state (open, closed), data-sending (audio, video), data-remote-video (on, off), data-remote-frames,
   data-remote-audio (samples that were not concealed), data-restarts. */
(() => {
  "use strict";
  const root = document.querySelector("[data-visit-call]");
  if (!root) return;

  const VIDEO_MAX = 250000; // bit/s; facts: 320×240 at 15 frames
  const VIDEO_FLOOR = 100000; // bit/s below which sound suffers from the picture
  const PROBE = [1, 4000, 12000]; // bytes: the round trip, then enough to tell a thin link without choking it, then more
  const STALL_MS = 1500;
  const LONGEST_WAIT = 60000;

  const data = root.dataset;
  const FIRST_WAIT = (+data.probeSeconds || 10) * 1000;
  const waiting = data.mode === "wait";
  const one = (name) => root.querySelector(`[data-${name}]`);
  const connection = newId();
  const state = (name) => { data.state = name; };
  const show = (name, visible) => { const found = one(name); if (found) found.hidden = !visible; };
  const stands = (name) => { const found = one(name); return Boolean(found) && found.contains(document.activeElement); };
  /* Whoever stood on what is hidden goes on to the first of these that is shown: nobody falls to the page's beginning. */
  const stand = (...names) => {
    const next = names.map(one).find((node) => node && !node.closest("[hidden]"));
    if (!next) root.tabIndex = -1;
    (next ? next.querySelector("a") || next : root).focus();
  };
  const say = (name) => {
    const text = root.getAttribute(`data-text-${name}`);
    const status = one("status");
    if (text && status && status.textContent !== text) status.textContent = text;
  };

  function newId() { // randomUUID is missing in browsers of three years ago
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")
      .replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /* ── devices ── */

  let mic = null, camera = null, muted = false, cameraOff = false;

  async function openDevices() {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
    const video = { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { ideal: 15, max: 15 } };
    const open = (wish) => navigator.mediaDevices.getUserMedia(wish);
    let stream;
    try {
      stream = await open({ audio, video });
    } catch (neither) {
      // one of the two may be missing or taken: sound matters more than the picture
      try { stream = await open({ audio }); say("no-camera"); } catch (noSound) {
        say("no-microphone");
        try { stream = await open({ video }); } catch (nothing) { stream = new MediaStream(); }
      }
    }
    stopDevices();
    if (ended) { for (const track of stream.getTracks()) track.stop(); return; }
    mic = stream.getAudioTracks()[0] || null;
    camera = stream.getVideoTracks()[0] || null;
    if (mic) mic.enabled = !muted;
    if (camera) camera.enabled = !cameraOff;
    // a telephone call takes the microphone away; it is asked for again when the page is looked at
    for (const track of stream.getTracks()) track.onended = () => { lostDevice = true; };
    if (one("local") && camera) { one("local").srcObject = new MediaStream([camera]); play(one("local")); }
  }

  let lostDevice = false;

  async function regainDevices() {
    if (!lostDevice || document.hidden || ended) return;
    lostDevice = false;
    await openDevices();
    if (!pc) return;
    sender("audio").replaceTrack(mic);
    if (sending) sender("video").replaceTrack(camera);
  }

  function stopDevices() {
    for (const track of [mic, camera]) if (track) { track.onended = null; track.stop(); }
    mic = camera = null;
  }

  /* ── the socket ── */

  let socket = null, opening = false, ended = true, tries = 0, retryTimer = 0, pongBy = 0, pingAt = 0, askedAt = 0;
  let unused = null, unusedSince = 0;
  let iceServers = [], polite = true, peer = null, lastNumber = 0, number = 0;
  let work = Promise.resolve(); // messages are taken one after the other

  async function openSocket() {
    if (opening || ended || socket) return;
    opening = true;
    clearTimeout(retryTimer);
    try {
      // a ticket that was not shown yet is still good: a sidecar that is down must not cost the portal a row a try
      const grant = unused && Date.now() - unusedSince < 45000 ? unused : await ask();
      if (grant && grant !== unused) unusedSince = Date.now();
      unused = grant;
      if (grant) connect(grant);
    } catch (error) {
      retry();
    }
    opening = false;
  }

  async function ask() {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 10000);
    try {
      askedAt = Date.now();
      const headers = { "X-CSRFToken": data.csrf || "", Accept: "application/json" };
      const answer = await fetch(data.ticketUrl, { method: "POST", credentials: "same-origin", headers, signal: abort.signal });
      if (answer.status === 409 || answer.status === 410) return finish("ended");
      if (answer.redirected || [400, 401, 403, 404].includes(answer.status)) {
        if (!connected) return finish("signed-out");
        say("signed-out"); // the call itself goes on; signing in elsewhere lets the next try through
        throw new Error("signed out");
      }
      if (!answer.ok) throw new Error("no ticket");
      const grant = await answer.json();
      if (grant.csrf) data.csrf = grant.csrf;
      if (waiting && grant.use === "call") return goOn();
      return ended ? null : grant;
    } finally {
      clearTimeout(timer);
    }
  }

  function connect(grant) {
    iceServers = grant.iceServers || [];
    if (pc) try { pc.setConfiguration({ iceServers, bundlePolicy: "max-bundle" }); } catch (old) { /* keeps the earlier relays */ }
    const address = data.socket.startsWith("/") ? location.origin.replace(/^http/, "ws") + data.socket : data.socket;
    const mine = socket = new WebSocket(address);
    pongBy = Date.now() + 10000;
    mine.onopen = () => { unused = null; mine.send(JSON.stringify({ type: "join", ticket: grant.ticket, connection })); };
    mine.onmessage = (event) => {
      pongBy = 0;
      const message = JSON.parse(event.data);
      work = work.then(() => (mine === socket ? take(message) : null)).catch(() => null);
    };
    mine.onclose = (event) => { if (mine === socket) closed(event.code); };
  }

  function closed(code) {
    socket = null;
    data.socketState = "closed";
    const final = { 4403: "withdrawn", 4409: "room-full", 4410: "ended", 4412: "replaced" }[code];
    if (final) finish(final); else retry();
  }

  function retry() {
    if (ended) return;
    clearTimeout(retryTimer);
    // jitter: after a restart of the sidecar, everyone comes back at once
    retryTimer = setTimeout(openSocket, Math.min(250 * 2 ** tries++, 4000) * (0.5 + Math.random()));
  }

  function hurry() { // the network changed: the old socket is dead, whether it knows or not
    if (ended) return;
    tries = 0;
    if (socket) { const old = socket; socket = null; old.close(); data.socketState = "closed"; }
    openSocket();
  }

  function send(message) {
    if (socket && socket.readyState === 1) { socket.send(JSON.stringify(message)); return true; }
    return false;
  }

  const relay = (type, fields) => send(Object.assign({ type, n: ++number }, fields));

  async function take(m) {
    if (m.from && (m.from !== peer || m.n <= lastNumber)) return null;
    if (m.from) lastNumber = m.n;
    switch (m.type) {
      case "joined": return joined(m);
      case "peer-joined": polite = m.polite; return meet(m, false);
      case "peer-left": return left(m);
      case "offer": case "answer": return described(m);
      case "candidate": return pc && pc.remoteDescription ? pc.addIceCandidate(m.candidate || undefined).catch(() => null) : null;
      case "ack": unsent.delete(m.n); return null;
      case "message": return reloadChat();
      case "admitted": return waiting ? goOn() : null;
      case "ended": case "withdrawn": case "replaced": return finish(m.type);
      case "error": return m.code === "room-full" ? finish(m.code) : null;
    }
    return null;
  }

  function joined(m) {
    if (waiting && m.use === "call") { goOn(); return; } // admitted while nobody listened
    polite = m.polite;
    data.socketState = "open";
    if (tries) reloadChat();
    tries = 0;
    for (const report of unsent.values()) send(report);
    if (waiting) say("waiting");
    else if (m.peer) meet(m.peer, true);
    else if (!pc) { state("connecting"); say("waiting"); }
  }

  const goOn = () => { ended = true; location.assign(data.nextUrl); return null; };

  /* ── the peer connection ── */

  let pc = null, link = null, making = false, connected = false, sound = new Audio();

  function meet(card, offering) {
    if (pc && peer === card.connection) { // the same page came back: its media may never have stopped
      if (pc.signalingState === "have-local-offer") describe();
      else if (stalled || pc.connectionState !== "connected") restart();
      return;
    }
    dropPeer();
    peer = card.connection;
    lastNumber = 0;
    state("connecting");
    say("connecting");
    if (offering) build(true);
  }

  function left(m) {
    if (m.connection !== peer || m.reason !== "hung-up") return; // a lost socket says nothing about the media
    dropPeer();
    state("connecting");
    say("peer-left");
  }

  function build(offering) {
    pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    const mine = pc;
    pc.onnegotiationneeded = async () => {
      try { making = true; await mine.setLocalDescription(); describe(); } catch (gone) { /* closed meanwhile */ } finally { making = false; }
    };
    pc.onicecandidate = (event) => { relay("candidate", { candidate: event.candidate }); };
    pc.onconnectionstatechange = () => {
      if (mine.connectionState === "connected" && !connected) { connected = true; heardAt = Date.now(); recovered("connected"); stayAwake(); }
      if (mine.connectionState === "failed") restart();
    };
    pc.ontrack = (event) => {
      const player = event.track.kind === "audio" ? sound : one("remote");
      // no shared stream: lip sync would hold the sound back for a late picture
      if (player) { player.srcObject = new MediaStream([event.track]); play(player); }
    };
    link = pc.createDataChannel("link", { negotiated: true, id: 1 });
    link.binaryType = "arraybuffer";
    link.onopen = probe;
    link.onmessage = (event) => {
      if (typeof event.data !== "string") link.send(`got ${event.data.byteLength}`);
      else if (probing && event.data === `got ${PROBE[probing.step]}`) probed();
      else if (event.data === "down") stepDown();
    };
    if (offering) {
      pc.addTransceiver(mic || "audio", { direction: "sendrecv" });
      pc.addTransceiver("video", { direction: "sendrecv", sendEncodings: [{ maxBitrate: VIDEO_MAX, maxFramerate: 15 }] });
    }
  }

  function dropPeer() {
    if (pc) { pc.onconnectionstatechange = pc.onicecandidate = pc.onnegotiationneeded = null; pc.close(); }
    pc = link = peer = probing = null;
    making = connected = stalled = sending = false;
    audioBefore = full = null;
    probeAt = heardPackets = bad = deaf = 0;
    probeWait = FIRST_WAIT;
    data.sending = "audio";
    picture(false);
  }

  const sender = (kind) => pc.getTransceivers().find((part) => part.receiver.track.kind === kind).sender;

  const describe = () => relay(pc.localDescription.type, { sdp: pc.localDescription.sdp });

  async function described(m) {
    if (!pc) { if (m.type === "answer") return; build(false); }
    const crossed = m.type === "offer" && (making || pc.signalingState !== "stable");
    if (crossed && !polite) return;
    if (crossed && !connected) { // both began: ours made its own places for sound and picture, so begin again as the one who answers
      const [keep, upTo] = [peer, lastNumber];
      dropPeer();
      [peer, lastNumber] = [keep, upTo];
      build(false);
    }
    if (m.type === "answer" && pc.signalingState !== "have-local-offer") return;
    await pc.setRemoteDescription({ type: m.type, sdp: thin(m.sdp) });
    if (m.type !== "offer") return;
    for (const part of pc.getTransceivers()) {
      part.direction = "sendrecv";
      if (part.receiver.track.kind === "audio" && part.sender.track !== mic) await part.sender.replaceTrack(mic);
    }
    await pc.setLocalDescription();
    describe();
  }

  /* What we are told is what we send: Opus in packets of 60 ms at no more than 20 kbit/s, half of the default's cost. */
  function thin(sdp) {
    const opus = /a=rtpmap:(\d+) opus\/48000/i.exec(sdp);
    if (!opus) return sdp;
    return sdp.replace(/a=(max)?ptime:.*\r\n/g, "")
      .replace(opus[0], `a=ptime:60\r\n${opus[0]}`)
      .replace(`a=fmtp:${opus[1]} `, `a=fmtp:${opus[1]} maxaveragebitrate=20000;`);
  }

  function play(player) {
    const started = player.play();
    if (started) started.catch((error) => { if (error.name === "NotAllowedError") show("unblock", true); });
  }

  let restarts = 0, restartedAt = 0;

  function restart() {
    if (!pc || Date.now() - restartedAt < 1000) return;
    restartedAt = Date.now();
    data.restarts = ++restarts;
    pc.restartIce();
  }

  function recovered(word) { state("connected"); say(word); stalled = false; }

  /* ── the ladder: sound first, picture while the link bears it ── */

  let sending = false, probing = null, probeAt = 0, probeWait = FIRST_WAIT, upAt = 0, bad = 0, deaf = 0, steppedDown = false;

  function probe() {
    if (!link || link.readyState !== "open" || !camera || cameraOff || sending || probing) return;
    probing = { step: -1, rtt: 0, at: 0, until: Date.now() + 8000 };
    probeOn();
  }

  function probeOn() {
    probing.at = performance.now();
    link.send(new ArrayBuffer(PROBE[++probing.step]));
  }

  function probed() {
    const ms = performance.now() - probing.at, { step, rtt } = probing;
    if (step === 0) probing.rtt = Math.min(ms, 400); // a longer one is mostly queue, which is what we look for
    // the last step does not fit the channel's first window, so it takes a round trip more
    else if (PROBE[step] * 8000 / Math.max(1, ms - rtt * step) < VIDEO_FLOOR) { waitToProbe(); return; }
    if (step < PROBE.length - 1) { probeOn(); return; }
    probing = null;
    stepUp();
  }

  function waitToProbe() {
    probing = null;
    probeAt = Date.now() + probeWait;
    probeWait = Math.min(probeWait * 2, LONGEST_WAIT);
    if (!steppedDown) { steppedDown = true; say("audio-only"); }
  }

  function stepUp() {
    if (!pc || sending || cameraOff || !camera) return;
    const part = sender("video"), wish = part.getParameters();
    for (const encoding of wish.encodings || []) Object.assign(encoding, { maxBitrate: VIDEO_MAX, maxFramerate: 15 });
    part.setParameters(wish).catch(() => null);
    part.replaceTrack(camera).catch(() => null);
    sending = true;
    bad = probeAt = 0;
    upAt = Date.now();
    data.sending = "video";
    if (steppedDown) { steppedDown = false; say("video-back"); }
  }

  function stepDown(asked) {
    if (!sending) return;
    sending = false;
    data.sending = "audio";
    sender("video").replaceTrack(null).catch(() => null);
    if (!asked) waitToProbe();
  }

  /* ── once a second: counters, stall, ladder, report ── */

  let stalled = false, heardAt = 0, heardPackets = 0, audioBefore = null, full = null, frameAt = 0, roundTrip = 0, ticks = 0;

  async function tick() {
    const now = Date.now();
    if (ended) return;
    if (socket && pongBy && now > pongBy) { const old = socket; socket = null; old.close(); closed(0); }
    if (socket && socket.readyState === 1 && now - pingAt > 10000) { pingAt = now; if (!pongBy) pongBy = now + 5000; send({ type: "ping" }); }
    if (now - askedAt > 240000) reloadChat(); // a call is activity: the session must not idle out under it
    if (!pc || !connected) return;
    const mine = pc;
    const heard = (await firstReceiver(mine, "audio")).packetsReceived || 0;
    if (mine !== pc) return;
    if (heard > heardPackets) { heardAt = now; if (stalled) recovered("connected"); }
    heardPackets = heard;
    if (heard && now - heardAt > STALL_MS) stall(now);
    if (probing && now > probing.until) waitToProbe();
    if (probeAt && now > probeAt) { probeAt = 0; probe(); }
    if (++ticks % 2 === 0) measure(mine, now);
  }

  async function firstReceiver(mine, kind) {
    const part = mine.getReceivers().find((one) => one.track.kind === kind);
    const found = part ? await part.getStats() : [];
    let inbound = {};
    found.forEach((stat) => { if (stat.type === "inbound-rtp") inbound = stat; });
    return inbound;
  }

  function stall(now) {
    if (!stalled) { stalled = true; state("reconnecting"); say("reconnecting"); restart(); }
    else if (now - restartedAt > 5000 && pc.signalingState === "stable") restart();
  }

  async function measure(mine, now) {
    const stats = await mine.getStats();
    if (mine !== pc) return;
    const s = { at: now, lost: 0 };
    let pair, transport;
    stats.forEach((stat) => {
      if (stat.type === "inbound-rtp") s[stat.kind] = stat;
      if (stat.type === "remote-inbound-rtp" && stat.kind === "audio") s.lost = stat.fractionLost || 0;
      if (stat.type === "transport") transport = stat;
      if (stat.type === "candidate-pair" && stat.nominated && stat.state === "succeeded") pair = stat;
    });
    if (transport && transport.selectedCandidatePairId) pair = stats.get(transport.selectedCandidatePairId) || pair;
    pair = pair || {};
    const audio = s.audio || {}, video = s.video || {};
    roundTrip = (pair.currentRoundTripTime || 0) * 1000;
    s.samples = audio.totalSamplesReceived || 0;
    s.concealed = Math.max(0, (audio.concealedSamples || 0) - (audio.silentConcealedSamples || 0));
    s.frames = video.framesDecoded || 0;
    s.bytes = (pair.bytesSent || 0) + (pair.bytesReceived || 0);
    s.packets = audio.packetsReceived || 0;
    s.gone = audio.packetsLost || 0;
    s.relayed = +((stats.get(pair.localCandidateId) || {}).candidateType === "relay");
    data.remoteFrames = s.frames;
    data.remoteAudio = Math.max(0, s.samples - (audio.concealedSamples || 0));
    const before = audioBefore;
    audioBefore = s;
    if (!full) full = Object.assign({ began: now }, s);
    if (s.frames > (before ? before.frames : 0)) frameAt = now;
    if (before) judge(s, before, pair, now);
    picture(now - frameAt < 3000);
    if (now - full.at >= 15000) report(s, now);
  }

  function judge(s, before, pair, now) {
    const samples = s.samples - before.samples;
    const broken = samples > 0 && (s.concealed - before.concealed) / samples > 0.1;
    const receiving = s.frames > before.frames;
    deaf = broken && receiving && now - full.began > 4000 ? deaf + 1 : 0;
    if (deaf > 1 && link.readyState === "open") { deaf = 0; link.send("down"); }
    const thinned = pair.availableOutgoingBitrate < VIDEO_FLOOR && now - upAt > 5000;
    bad = sending && now - upAt > 2000 && (s.lost > 0.08 || roundTrip > 1200 || thinned) ? bad + 1 : 0;
    if (bad > 1) stepDown();
    if (sending && now - upAt > 60000) probeWait = FIRST_WAIT;
  }

  function picture(on) {
    data.remoteVideo = on ? "on" : "off";
    show("remote-off", !on);
  }

  const unsent = new Map(); // reports that were not acknowledged: n → message

  function report(s, now) {
    const was = full, packets = s.packets - was.packets + s.gone - was.gone, samples = s.samples - was.samples;
    const permille = (part, whole) => (whole > 0 ? Math.min(1000, Math.max(0, Math.round(part * 1000 / whole))) : 0);
    const message = {
      type: "quality", n: ++number,
      seconds: Math.round((now - was.began) / 1000), rtt_ms: Math.round(roundTrip),
      loss_permille: permille(s.gone - was.gone, packets), concealed_permille: permille(s.concealed - was.concealed, samples),
      kbps: Math.max(0, Math.round((s.bytes - was.bytes) * 8 / (now - was.at))), relayed: s.relayed, restarts,
    };
    unsent.set(message.n, message);
    if (unsent.size > 20) unsent.delete(unsent.keys().next().value);
    send(message);
    full = Object.assign({ began: was.began }, s);
  }

  /* ── the page ── */

  async function reloadChat() {
    if (!data.chatUrl) return;
    askedAt = Date.now();
    try {
      const answer = await fetch(data.chatUrl, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-chat]");
      const list = document.querySelector("[data-chat]");
      if (!fresh || !list || fresh.innerHTML === list.innerHTML) return;
      const known = fresh.children.length;
      // What stands stays, so that a live region says the new message and not all of them.
      Array.from(fresh.children).forEach((one, at) => {
        const old = list.children[at];
        if (!old) list.appendChild(one); else if (old.outerHTML !== one.outerHTML) list.replaceChild(one, old);
      });
      while (list.children.length > known) list.removeChild(list.lastChild);
      list.scrollTop = list.scrollHeight;
    } catch (offline) { /* the next message or rejoin asks again */ }
  }

  let lock = null;
  async function stayAwake() {
    try { if (navigator.wakeLock && connected && !document.hidden) lock = await navigator.wakeLock.request("screen"); } catch (refused) { lock = null; }
  }

  function finish(word) {
    if (ended) return null;
    ended = true;
    clearTimeout(retryTimer);
    clearInterval(ticking);
    const old = socket;
    socket = null;
    if (old) old.close();
    data.socketState = "closed";
    dropPeer();
    stopDevices();
    if (lock) lock.release().catch(() => null);
    state("ended");
    say(word);
    const stood = stands("controls") || stands("unblock");
    show("controls", false);
    show("unblock", false);
    show("end-link", true);
    show("join", word === "hung-up" || word === "replaced");
    if (stood) stand("join", "end-link");
    return null;
  }

  let ticking = 0;
  function begin() {
    if (!ended) return;
    ended = false;
    tries = 0;
    const stood = stands("join");
    show("join", false);
    show("end-link", false);
    state("connecting");
    say("connecting");
    ticking = setInterval(tick, 500);
    // the socket opens while the person still answers the browser's question; what it says waits for the devices
    work = waiting ? Promise.resolve() : openDevices().catch(() => null);
    openSocket();
    if (!waiting) show("controls", true);
    if (stood) stand("mute");
  }

  const on = (name, action) => { const found = one(name); if (found) found.addEventListener("click", action); };
  const press = (name, pressed) => { const found = one(name); if (found) found.setAttribute("aria-pressed", String(pressed)); };

  state("idle");
  show("stage", true);
  if (!window.RTCPeerConnection || !window.WebSocket || (!waiting && !navigator.mediaDevices)) { say("unsupported"); return; }
  on("join", begin);
  show("join", true);
  on("leave", () => { send({ type: "leave" }); finish("hung-up"); });
  on("mute", () => { muted = !muted; if (mic) mic.enabled = !muted; press("mute", muted); });
  on("camera", () => {
    cameraOff = !cameraOff;
    if (camera) camera.enabled = !cameraOff;
    press("camera", cameraOff);
    if (cameraOff) stepDown(true); else probe();
  });
  on("unblock", () => { show("unblock", false); play(sound); stand("mute"); });
  addEventListener("online", () => { hurry(); restart(); });
  if (navigator.connection && navigator.connection.addEventListener) {
    let kind = navigator.connection.type;
    navigator.connection.addEventListener("change", () => {
      // fires for every new estimate of speed too; only another network counts
      if (navigator.connection.type !== kind) { kind = navigator.connection.type; hurry(); restart(); }
    });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { stayAwake(); regainDevices(); } });
  addEventListener("pagehide", () => { ended = true; if (socket) socket.close(); });
  if (waiting || "autostart" in data) begin();
})();
