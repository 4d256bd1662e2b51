"""Mosquitto as a child process, told by its dynamic-security plugin who may do what.

The files are written before each start: the configuration, and the plugin's store with the hub's own
services and an administrator in it. Users and boxes are added to the running broker through `$CONTROL`.
Each has a role of its own name; the client's description says when it expires, for the sweep.

A change to a client that exists disconnects it, as does its removal.
"""

import base64
import hashlib
import json
import logging
import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from cloud.broker.passwords import SERVICES
from cloud.broker.place import MAX_PACKET_BYTES, BrokerLost, Place
from cloud.core import authorise
from cloud.core.authorise import Action, Permission, Principal

ADMIN = "admin"
CONTROL = "$CONTROL/dynamic-security/v1"
ANSWER_S = 5.0
"""How long a command to the plugin may take, in s."""
SWEEP_PAGE = 100
"""Clients asked for in one command."""

_ITERATIONS = 101
_ACL_TYPES: dict[Action, str] = {
    "publish": "publishClientSend",
    "subscribe": "subscribePattern",
    "receive": "publishClientReceive",
}
_PLUGIN = "mosquitto_dynamic_security.so"
_PLUGIN_PLACES = (
    "lib/*-linux-*", "lib64", "lib", "lib/mosquitto", "libexec/mosquitto",
)  # fmt: skip
_SBIN = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")

log = logging.getLogger(__name__)


def find_executable() -> Path | None:
    """Return Mosquitto's path; Debian puts it where ordinary users do not look."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN])
    found = shutil.which("mosquitto", path=path)
    return Path(found) if found else None


def find_plugin(executable: Path) -> Path | None:
    """Return the dynamic-security plugin that belongs to `executable`, on any architecture."""
    prefixes = dict.fromkeys([executable.resolve().parent.parent, Path("/usr"), Path("/usr/local")])
    for prefix in prefixes:
        for place in _PLUGIN_PLACES:
            for found in sorted(prefix.glob(f"{place}/{_PLUGIN}")):
                return found
    return None


def run(place: Place, now_s: float) -> NoReturn:
    """Write the files and become Mosquitto: the process keeps its id, and signals reach the broker itself."""
    executable = find_executable()
    if executable is None:
        raise BrokerLost("mosquitto is not installed: install it, or set broker = amqtt in hub.toml")
    plugin = find_plugin(executable)
    if plugin is None:
        raise BrokerLost(f"{_PLUGIN} is not installed: install it, or set broker = amqtt in hub.toml")
    config = prepare(place, plugin, now_s)
    os.execv(executable, [str(executable), "-c", str(config)])  # noqa: S606 - becomes the child, no shell


def prepare(place: Place, plugin: Path, now_s: float) -> Path:
    """Write configuration and store for a start, keeping grants that have not expired; return the former."""
    folder = place.folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    store = folder / "dynamic-security.json"
    _write_private(store, json.dumps(_store(_read_store(store), place.key, now_s), indent=1))
    config = folder / "mosquitto.conf"
    _write_private(config, _configuration(place, plugin, store))
    return config


def _configuration(place: Place, plugin: Path, store: Path) -> str:
    lines = [
        "per_listener_settings false",
        "allow_anonymous false",
        f"plugin {plugin}",
        f"plugin_opt_config_file {store}",
        # Without it small packets wait for each other: 23 commands a second instead of 1400.
        "set_tcp_nodelay true",
        f"max_packet_size {MAX_PACKET_BYTES}",
        "max_inflight_messages 100",
        "max_queued_messages 2000",
        "persistent_client_expiration 1d",
        "persistence true",
        f"persistence_location {place.folder}/",
        "autosave_interval 5",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
        "connection_messages false",
        f"listener {place.port} {place.host}",
        "protocol mqtt",
        f"listener {place.ws_port} {place.host}",
        # Without it the WebSocket listener is open on every interface, whatever its address says.
        "socket_domain ipv4",
        "protocol websockets",
    ]
    if os.geteuid() == 0:
        # In a container: otherwise it becomes user mosquitto, who cannot read our private files.
        lines.insert(0, "user root")
    return "\n".join(lines) + "\n"


def _read_store(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.warning("%s cannot be read and is made anew; clients must ask for new grants", path)
        return {}
    return found if isinstance(found, dict) else {}


def _store(old: dict[str, Any], key: bytes, now_s: float) -> dict[str, Any]:
    own = {ADMIN, *(f"s-{name}" for name in SERVICES)}
    kept = [
        client
        for client in old.get("clients", [])
        if client.get("username") not in own and _expiry(client.get("textdescription")) > now_s
    ]
    names = {client["username"] for client in kept}
    services = [authorise.service(name) for name in SERVICES]
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [
            # No client id: each of the hub's processes that grants has a connection of its own.
            {"username": ADMIN, **_hashed(admin_password(key)), "roles": [{"rolename": ADMIN}]},
            *(_service_client(each, key) for each in services),
            *kept,
        ],
        "roles": [
            {"rolename": ADMIN, "acls": _control_acls()},
            *({"rolename": each.session, "acls": _acls(authorise.permissions(each))} for each in services),
            *(role for role in old.get("roles", []) if role.get("rolename") in names),
        ],
    }


def _service_client(principal: Principal, key: bytes) -> dict[str, Any]:
    return {
        "username": principal.session,
        "clientid": principal.session,
        **_hashed(authorise.service_password(key, principal.id)),
        "roles": [{"rolename": principal.session}],
    }


def _hashed(password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(12)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return {
        "password": base64.b64encode(hashed).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _ITERATIONS,
    }


def admin_password(key: bytes) -> str:
    """Return the administrator's password, derived from the hub's secret key."""
    return authorise.service_password(key, "dynamic-security admin")


def _acls(given: Iterable[Permission]) -> list[dict[str, Any]]:
    return [{"acltype": _ACL_TYPES[each.action], "topic": each.filter, "allow": True} for each in given]


def _control_acls() -> list[dict[str, Any]]:
    return [
        {"acltype": kind, "topic": "$CONTROL/dynamic-security/#", "allow": True}
        for kind in _ACL_TYPES.values()
    ]


def _expiry(description: object) -> float:
    try:
        return float(str(description).removeprefix("expires "))
    except ValueError:
        return 0.0


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(path.suffix + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


class Mosquitto:
    """Grants bus access at a running Mosquitto; safe to use from several threads.

    Connects when first used, and again after the connection was lost.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._client: mqtt.Client | None = None
        self._ready = threading.Event()
        self._refusal = ""
        self._answers: dict[str, list[dict[str, Any]]] = {}
        self._answered = threading.Condition()

    def grant(self, principal: Principal, password: str, expires_s: int) -> None:
        """Let `principal` connect with `password` until `expires_s` (hub time in s), and do what it may.

        Disconnects the principal's session if it is connected.

        Raises:
            BrokerLost: the broker does not answer.
        """
        name = principal.session
        role = {"rolename": name, "acls": _acls(authorise.permissions(principal))}
        client = {
            "username": name,
            "password": password,
            "textdescription": f"expires {expires_s}",
            "roles": [{"rolename": name}],
        }
        answers = self._command(
            [{"command": "createRole", **role}, {"command": "createClient", "clientid": name, **client}]
        )
        if any("error" in answer for answer in answers):
            answers = self._command(
                [{"command": "modifyRole", **role}, {"command": "modifyClient", **client}],
            )
            _refuse_errors(answers)

    def revoke(self, session: str) -> None:
        """Disconnect `session` and let it in no more.

        Raises:
            BrokerLost: the broker does not answer.
        """
        self._command(_removal(session))

    def sweep(self, now_s: float) -> int:
        """Remove every grant that has expired, and return how many.

        Raises:
            BrokerLost: the broker does not answer.
        """
        expired = [name for name, expires_s in self._granted() if expires_s <= now_s]
        for first in range(0, len(expired), SWEEP_PAGE):
            page = expired[first : first + SWEEP_PAGE]
            self._command([command for name in page for command in _removal(name)])
        return len(expired)

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            if self._client is not None:
                self._client.disconnect()
                self._client.loop_stop()
                self._client = None

    def _granted(self) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        own = {ADMIN, *(f"s-{name}" for name in SERVICES)}
        offset = 0
        while True:
            answer = self._command(
                [{"command": "listClients", "verbose": True, "count": SWEEP_PAGE, "offset": offset}]
            )[0]
            _refuse_errors([answer])
            clients = answer["data"]["clients"]
            found += [
                (client["username"], _expiry(client.get("textdescription")))
                for client in clients
                if client["username"] not in own
            ]
            offset += SWEEP_PAGE
            if len(clients) < SWEEP_PAGE:
                return found

    def _command(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        client = self._connected()
        key = secrets.token_hex(8)
        body = {"commands": [{**command, "correlationData": key} for command in commands]}
        with self._answered:
            self._answers[key] = []
        try:
            client.publish(CONTROL, json.dumps(body), qos=1)
            with self._answered:
                if not self._answered.wait_for(lambda: len(self._answers[key]) >= len(commands), ANSWER_S):
                    raise BrokerLost(f"the broker gave no answer within {ANSWER_S:g} s")
                return self._answers[key]
        finally:
            with self._answered:
                self._answers.pop(key, None)

    def _connected(self) -> mqtt.Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
        if not self._ready.wait(ANSWER_S):
            where = f"{self._place.host}:{self._place.port}"
            if self._refusal:
                raise BrokerLost(f"the broker on {where} is not this hub's: it says {self._refusal}")
            raise BrokerLost(f"no broker answers on {where}: is `ktv hub broker` running?")
        return self._client

    def _connect(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{ADMIN}-{os.getpid()}-{secrets.token_hex(4)}"
        )
        client.username_pw_set(ADMIN, admin_password(self._place.key))
        client.reconnect_delay_set(0.1, 1)  # type: ignore[arg-type]  # takes fractions of a second
        client.on_connect = self._listen
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_disconnect = lambda *_: self._ready.clear()
        client.on_message = lambda _client, _data, message: self._keep(bytes(message.payload))
        client.connect_async(self._place.host, self._place.port, keepalive=20)
        client.loop_start()
        return client

    def _listen(
        self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _props: object
    ) -> None:
        self._refusal = str(code) if code.is_failure else ""
        client.subscribe(f"{CONTROL}/response", qos=1)

    def _keep(self, payload: bytes) -> None:
        with self._answered:
            for answer in json.loads(payload).get("responses", []):
                waiting = self._answers.get(answer.get("correlationData", ""))
                if waiting is not None:
                    waiting.append(answer)
            self._answered.notify_all()


def _removal(session: str) -> list[dict[str, Any]]:
    return [
        {"command": "deleteClient", "username": session},
        {"command": "deleteRole", "rolename": session},
    ]


def _refuse_errors(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        if "error" in answer:
            raise BrokerLost(f"the broker refused {answer.get('command')}: {answer['error']}")
