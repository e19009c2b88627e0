"""`python -m deploy.partners.sinks`: the mail server and the text message service, both writing into SINK_DIR.

Settings: SINK_DIR, SINK_SMTP_PORT, SINK_SMS_PORT, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN.
"""

import asyncio
from pathlib import Path

from deploy.partners.inbox import Inbox
from deploy.partners.serving import serve_http, setting, until_stopped
from deploy.partners.sms_sink import SmsSink
from deploy.partners.smtp_sink import serve_smtp


async def main() -> None:
    directory = Path(setting("SINK_DIR", "var/inbox"))
    inbox = Inbox(directory)
    sms = SmsSink(
        directory=directory,
        inbox=inbox,
        account_sid=setting("TWILIO_ACCOUNT_SID"),
        auth_token=setting("TWILIO_AUTH_TOKEN"),
    )
    smtp_server = await serve_smtp(inbox, port=int(setting("SINK_SMTP_PORT", "8025")))
    sms_server = await serve_http(sms.application(), port=int(setting("SINK_SMS_PORT", "8026")))
    print("sinks: taking mail and text messages", flush=True)
    await until_stopped()
    smtp_server.close()
    await sms_server.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
