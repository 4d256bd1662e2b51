"""One's own points."""

from cloud.desk import ledger
from cloud.web.api import Api, Call
from edge.wire.users import Ledger

api = Api("ledger")


@api.route("GET", "/ledger", answer=Ledger)
def show_ledger(call: Call) -> Ledger:
    """Return the caller's own postings."""
    with call.read() as session:
        return ledger.page(session, call.caller.user_id)
