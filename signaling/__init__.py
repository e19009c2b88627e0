"""The video sidecar: one WebSocket through which two pages of a visit find each other, and the device test's echo.

It holds no truth. Rooms live in memory; a ticket from the portal opens the door; what happened goes back to the
portal as events. When it dies, calls go on, and the pages join again with fresh tickets once it is back.
"""
