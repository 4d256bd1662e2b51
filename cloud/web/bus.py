"""Grants for the broker."""

from cloud.desk import boxes
from cloud.web.api import Api, Call
from edge.wire.users import AskBusGrant, BusGrant

api = Api("bus")


@api.route("POST", "/bus-grants", body=AskBusGrant, answer=BusGrant, limit="120/minute")
def grant_bus(call: Call, asked: AskBusGrant) -> BusGrant:
    """Say how to connect to the broker for the next minutes."""
    with call.write() as session:
        principal, granted = boxes.grant_bus(call.desk, session, call.caller, asked.room, call.now_ms)
    call.hub.grant(principal, granted.password, call.now_ms // 1000 + granted.expires_in_s)
    return granted
