"""One client connection: bytes between asyncio's transport and the Backend, on the loop or on a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from vecsql.errors import (
    AdminShutdown,
    Error,
    IdleInTransactionSessionTimeout,
    IdleSessionTimeout,
    ProtocolViolation,
    TooManyConnections,
)
from vecsql.protocol import encode, events
from vecsql.protocol.connection import ServerConnection
from vecsql.server import authentication, direct_line
from vecsql.server.backend import Backend
from vecsql.server.busy_polling import Patience
from vecsql.server.direct_line import DirectLine
from vecsql.session.failures import as_error
from vecsql.session.session import Session

if TYPE_CHECKING:
    from vecsql.server.listener import Server
    from vecsql.server.loops import Loop

log = logging.getLogger("vecsql.server")
MAX_QUEUED = 4 << 20  # bytes received and not yet handled before reading pauses


class Connection(asyncio.Protocol):
    """Whoever is the owner, the loop or one worker thread, feeds and handles; `_busy` says that it is a worker.

    Cheap events are handled on the loop at once. The first one that is not hands the connection to a worker, which
    handles everything that has arrived by the time it is done, and then gives it back. When that happens again and
    again, the worker gets the socket too (direct_line.py) and keeps both for a while.
    """

    def __init__(self, server: Server, place: Loop) -> None:
        self._server = server
        self._place = place
        self.loop = self._loop = place.loop
        self.polling = place.polling
        self._transport = cast(asyncio.Transport, None)
        self._wire = ServerConnection()
        self._login: authentication.Login | None = None
        self._session: Session | None = None
        self._backend: Backend | None = None
        self._incoming: deque[bytes] = deque()
        self._queued = 0
        # replies of a worker that are still to be written
        self._outgoing: deque[bytearray | memoryview] = deque()
        self._event: events.Event | None = None  # taken from the wire, not yet handled
        self._owner = threading.Lock()  # guards _busy and the hand-over of _incoming
        self._busy = False
        self._handshaking = False  # what arrives must wait for the encrypted transport
        self._closed = False
        self._reading_paused = False
        self._writable = threading.Event()
        self._writable.set()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._line: DirectLine | None = None
        self.lent = False  # the line is the worker's; set on the loop, reset by the worker
        self._receiving = False  # the worker reads or waits for the client
        self._watched = False  # the loop reads again: the worker must not any more
        self._watch: asyncio.TimerHandle | None = None
        self._served = 0  # requests that the worker has answered on the line
        self._worked = 0.0  # when a worker was last done, in seconds of the monotonic clock
        self._streak = 0  # how many times in a row a worker was needed
        self._needed = False  # whether the last request needed a worker

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)
        if self._server.stopping:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        backend = self._backend
        if self.polling is not None:
            self.polling.received()
        if backend is not None and not self._busy and self._idle_timer is None:
            try:
                if backend.answer(data):
                    self._send()
                    self._poll()
                    return
            except Error as error:
                self._fatal(error)
                return
        with self._owner:
            self._incoming.append(data)
            self._queued += len(data)
            if self._handshaking:
                return
            if self._busy:
                if self._queued > MAX_QUEUED and not self._reading_paused:
                    self._reading_paused = True
                    self._transport.pause_reading()
                return
        self._process()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._place.left()
        self._stop_polling()
        self._closed = True
        self._writable.set()
        self._stop_idle_timer()
        with self._owner:
            busy = self._busy
        if busy and self._session is not None:
            self._session.cancel()
        elif not busy:
            self._end_session()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # On the loop

    def _process(self) -> None:
        """Handle what has arrived, up to the first event that takes long."""
        self._stop_idle_timer()
        try:
            self._feed()
            while not self._closed and (event := self._next()) is not None:
                if self._backend is None:
                    self._start_up(event)
                elif isinstance(event, events.Terminate):
                    self._transport.close()
                    return
                elif not self._backend.is_cheap(event):
                    self._event = event
                    self._busy = True
                    self._stop_polling()
                    self._write_outgoing()
                    self._lend()
                    self._server.workers.submit(self._work)
                    return
                else:
                    self._backend.handle(event)
        except Error as error:
            self._fatal(error)
            return
        except Exception as raised:
            self._fatal(as_error(raised))
            return
        self._send()
        self._poll()
        self._start_idle_timer()

    def _lend(self) -> None:
        """Give the worker that is about to start the socket too, if it is likely to be needed again."""
        soon = time.monotonic() - self._worked < direct_line.SOON
        self._streak = self._streak + 1 if soon else 0
        if self._streak < direct_line.STREAK:
            return
        transport = self._transport
        if self._line is None and transport.get_extra_info("ssl_object") is None:
            descriptor = transport.get_extra_info("socket").fileno()
            polling = self.polling
            patience = None if polling is None else Patience(polling.activity)
            self._line = DirectLine(descriptor, patience)
        if self._line is None or transport.is_closing() or transport.get_write_buffer_size():
            return
        transport.pause_reading()
        self.lent, self._watched = True, False
        self._watch_line(-1)

    def _watch_line(self, served: int) -> None:
        """Read again when one request has taken the worker long."""
        if not self.lent or self._closed:
            return
        with self._owner:
            self._watched = served == self._served and not self._receiving
            served = self._served
        if self._watched:
            self._transport.resume_reading()
        else:
            self._watch = self._loop.call_later(direct_line.WATCH, self._watch_line, served)

    def _reclaim(self) -> None:
        """The worker has given the socket back. A request that the loop read meanwhile may have lent it again."""
        if self.lent:
            return
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if not self._closed and not self._transport.is_closing():
            self._transport.resume_reading()

    def _poll(self) -> None:
        if self.polling is not None:
            self.polling.answered(self)

    def _stop_polling(self) -> None:
        if self.polling is not None:
            self.polling.interrupted()

    def _feed(self) -> None:
        with self._owner:
            while self._incoming:
                self._wire.feed(self._incoming.popleft())
            self._queued = 0
            resume, self._reading_paused = self._reading_paused, False
        if resume:
            self._loop.call_soon_threadsafe(self._transport.resume_reading)

    def _next(self) -> events.Event | None:
        """The next event; text that is not UTF-8 is an ordinary error."""
        while True:
            event, self._event = self._event, None
            if event is not None:
                return event
            try:
                return self._wire.next_event()
            except Error as error:
                if self._backend is None or isinstance(error, ProtocolViolation):
                    raise
                self._backend.undecodable(error)

    def _send(self) -> None:
        """Write what a worker has left, which comes first, and what the backend has collected; on the loop."""
        self._write_outgoing()
        backend = self._backend
        if backend is not None and backend.out:
            data, backend.out = backend.out, bytearray()
            if not self._closed:
                self._transport.write(data)

    def _fatal(self, error: Error) -> None:
        """Tell the client why, and hang up; on the loop."""
        if self._backend is not None:
            self._send()
        if not self._closed:
            if error.severity != "FATAL":
                error.severity = "FATAL"
            self._transport.write(encode.error_response(error))
            self._transport.close()
        self._closed = True

    # Start-up

    def _start_up(self, event: events.Event) -> None:
        if isinstance(event, events.SslRequest):
            self._start_tls()
        elif isinstance(event, events.GssEncRequest):
            self._transport.write(encode.SSL_REFUSED)
        elif isinstance(event, events.CancelRequest):
            self._server.cancel(event.pid, event.secret)
            self._transport.close()
        elif isinstance(event, events.Startup):
            self._login, reply = authentication.begin(event, self._server.password)
            self._transport.write(reply) if reply else None
            if self._login.exchange is None:
                self._open_session()
        elif isinstance(event, events.Password) and self._login is not None:
            reply, passed = authentication.answer(self._login, event)
            self._transport.write(reply)
            if passed:
                self._open_session()
        else:
            self._transport.close()

    def _start_tls(self) -> None:
        context = self._server.tls
        if context is None:
            self._transport.write(encode.SSL_REFUSED)
            return
        if self._wire.buffered:
            raise ProtocolViolation("received unencrypted data after SSL request", severity="FATAL")
        self._handshaking = True
        self._transport.pause_reading()
        self._transport.write(encode.SSL_ACCEPTED)
        self._server.spawn(self._handshake())

    async def _handshake(self) -> None:
        context = self._server.tls
        assert context is not None
        try:
            transport = await self._loop.start_tls(self._transport, self, context, server_side=True)
        except (OSError, ConnectionError) as error:
            log.info("TLS handshake failed: %s", error)
            self._transport.close()
            return
        if transport is not None:
            self._transport = transport
            self._handshaking = False
            self._process()

    def _open_session(self) -> None:
        server, login = self._server, self._login
        assert login is not None
        if not server.admit():
            raise TooManyConnections("sorry, too many clients already", severity="FATAL")
        peer = self._transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else None
        try:
            session = Session(
                server.engine, user=login.user, database=server.database, client_addr=address
            )
        except BaseException:
            server.session_ended()
            raise
        self._session = session
        authentication.apply_settings(session, login)
        session.on_notification = self._notified
        session.on_terminate = self._terminated
        self._backend = Backend(session, self._wire, self._flush)
        self._wire.authenticated()
        self._backend.out += encode.AUTHENTICATION_OK
        self._backend.greet()

    # On a worker thread

    def _work(self) -> None:
        """Handle all events until nothing more has arrived, then give the connection back to the loop."""
        backend = self._backend
        assert backend is not None
        cheap = 0
        try:
            while True:
                self._feed()
                if not self._work_through(backend):
                    break
                with self._owner:
                    self._served += 1
                    if self._incoming:
                        continue
                    if not self.lent:
                        self._busy = False
                        self._worked = time.monotonic()
                        self._loop.call_soon_threadsafe(self._idle)
                        return
                    self._receiving = not self._watched
                cheap = 0 if self._needed else cheap + 1
                self._wait_on_line(backend, cheap)
        except _Gone:
            pass
        except Error as error:
            self._loop.call_soon_threadsafe(self._fatal, error)
        except Exception as raised:
            self._loop.call_soon_threadsafe(self._fatal, as_error(raised))
        self._finish_work()

    def _wait_on_line(self, backend: Backend, cheap: int) -> None:
        """Receive the next request, or return the line."""
        line = self._line
        assert line is not None
        if not self._receiving or cheap == direct_line.CHEAP:
            self._return_line()
            return
        data = line.receive(self)
        self._receiving = False
        if not data:
            self._return_line()
        elif not backend.answer(data):
            self._wire.feed(data)

    def _return_line(self) -> None:
        self.lent = self._receiving = False
        self._stop_polling()
        self._loop.call_soon_threadsafe(self._reclaim)

    def _work_through(self, backend: Backend) -> bool:
        """False when the client has said good-bye or is gone."""
        self._needed = False
        while not self._closed:
            event = self._next()
            if event is None:
                self._hand_over()
                return True
            if isinstance(event, events.Terminate):
                self._loop.call_soon_threadsafe(self._transport.close)
                return False
            self._needed = self._needed or not backend.is_cheap(event)
            backend.handle(event)
        return False

    def _finish_work(self) -> None:
        if self.lent:
            self._return_line()
        with self._owner:
            self._busy = False
        self._loop.call_soon_threadsafe(self._after_work)

    def _after_work(self) -> None:
        """On the loop: if the connection was lost while a worker ran, its session ends now."""
        if self._closed:
            self._end_session()

    def _idle(self) -> None:
        """On the loop, after a worker has given the connection back."""
        if self._closed:
            if not self._busy:
                self._end_session()
        elif not self._busy:
            if self._incoming:
                self._process()
            else:
                self._notified_on_loop()
                self._start_idle_timer()

    def _hand_over(self) -> None:
        backend = self._backend
        assert backend is not None
        if backend.out:
            data: bytearray | memoryview = backend.out
            backend.out = bytearray()
            if self.lent and self._line is not None:
                data = self._line.send(data)
                if not data:
                    return
                self._return_line()
            self._outgoing.append(data)
            self._loop.call_soon_threadsafe(self._write_outgoing)

    def _write_outgoing(self) -> None:
        while self._outgoing:
            data = self._outgoing.popleft()
            if not self._closed:
                self._transport.write(data)

    def _flush(self) -> None:
        """The backend has collected much. A worker waits until the client has read enough; the loop cannot."""
        if not self._busy:
            self._send()
            return
        if self.lent:
            self._return_line()
        written = threading.Event()
        backend = self._backend
        assert backend is not None
        data, backend.out = backend.out, bytearray()
        self._outgoing.append(data)

        def write() -> None:
            self._write_outgoing()
            written.set()

        self._loop.call_soon_threadsafe(write)
        written.wait()
        self._writable.wait()
        if self._closed:
            raise _Gone()

    # Notifications, time-outs, the end

    def _notified(self) -> None:
        """Called from any thread when a notification has come in."""
        self._loop.call_soon_threadsafe(self._notified_on_loop)

    def _notified_on_loop(self) -> None:
        if self._backend is not None and not self._busy and not self._closed:
            self._backend.notifications()
            self._send()

    def _start_idle_timer(self) -> None:
        session = self._session
        if session is None or self._busy or self._closed:
            return
        in_block = session.transactions.in_block
        name = "idle_in_transaction_session_timeout" if in_block else "idle_session_timeout"
        timeout = session.settings.get(name)
        if timeout:
            self._idle_timer = self._loop.call_later(timeout / 1000, self._idle_too_long, in_block)

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _idle_too_long(self, in_block: bool) -> None:
        if in_block:
            self._fatal(
                IdleInTransactionSessionTimeout(
                    "terminating connection due to idle-in-transaction timeout"
                )
            )
        else:
            self._fatal(IdleSessionTimeout("terminating connection due to idle-session timeout"))

    def shut_down(self) -> None:
        """The server stops; on the loop."""
        if self._session is not None:
            self._session.cancel()
        self._fatal(AdminShutdown("terminating connection due to administrator command"))

    def _terminated(self, error: Error) -> None:
        """Called from any thread when the session must end; what ran has been told to stop."""
        self._loop.call_soon_threadsafe(self._fatal, error)

    def _end_session(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            finally:
                self._server.session_ended()

    @property
    def busy(self) -> bool:
        return self._busy


class _Gone(Error):
    """The client has hung up while rows were being sent."""

    sqlstate = "08006"

    def __init__(self) -> None:
        super().__init__("connection to client lost", severity="FATAL")
