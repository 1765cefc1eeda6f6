/**
 * The error table: every error a user can meet, by a stable code that is never reused.
 *
 * Each entry says what was seen, what was wanted and what to do; `{name}` is filled in from the details given when the
 * error is made. `docs/reference/errors.md` is generated from this table. An error holds strings only, never a request,
 * a socket or a connection, so keeping one keeps nothing else alive. Ends with whoever holds it.
 */

export interface ErrorEntry {
  /** What was seen. */
  readonly seen: string
  /** What was wanted instead. */
  readonly wanted: string
  /** What to do about it. */
  readonly todo: string
}

export const ERRORS = {
  HF_OPTION_UNKNOWN: {
    seen: 'unknown option "{option}" in {where}',
    wanted: 'one of: {known}',
    todo: '{suggestion}',
  },
  HF_OPTION_INVALID: {
    seen: '{where}: {option} is {value}',
    wanted: '{wanted}',
    todo: 'see docs/reference/options.md for what it does and what breaks without it',
  },
  HF_ROUTE_INVALID: {
    seen: 'route "{path}": {problem}',
    wanted: 'a path such as "/chat/:room" that starts with "/" and is declared once',
    todo: 'correct the path or remove the second declaration',
  },
  HF_REQUEST_OVER: {
    seen: 'request.{property} was read after its upgrade had ended',
    wanted: 'the upgrade request to be used only until the upgrade is answered: it is revoked with the 101',
    todo: 'return from upgrade() what must outlive it; the value becomes connection.data',
  },
  HF_CONNECTION_CLOSED: {
    seen: 'connection.{property} was used after connection {id} had closed',
    wanted: 'a closed connection to be forgotten: it keeps only its id, ending and counters',
    todo: 'stop the work in close(), or put it into connection.scope so that it ends with the connection',
  },
  HF_SEND_TYPE: {
    seen: '{method} was given {value}',
    wanted: 'a string, Buffer, Uint8Array (any typed array or DataView) or ArrayBuffer',
    todo: 'serialise it first, for example with JSON.stringify',
  },
  HF_SEND_TOO_LONG: {
    seen: '{method} was given {bytes} bytes',
    wanted: 'at most {max} bytes',
    todo: '{todo}',
  },
  HF_CLOSE_CODE: {
    seen: 'close code {code}',
    wanted: '1000-1003, 1007-1014 or 3000-4999: what RFC 6455 section 7.4 lets an endpoint send',
    todo: 'use 1000 for an ordinary end, 4000-4999 for codes of your own',
  },
  HF_REJECT_STATUS: {
    seen: 'reject({status})',
    wanted: 'an HTTP status from 300 to 599',
    todo: 'use 401, 403, 404, 429 or 503, say; to accept the upgrade, return instead',
  },
  HF_HEADER_INVALID: {
    seen: 'response header {name} with a value that is not allowed',
    wanted: 'a header name and value without line breaks or control characters, and not one the handshake owns',
    todo: 'encode the value, or choose another name',
  },
  HF_MIDDLEWARE_NEXT: {
    seen: 'a middleware {problem}',
    wanted: 'every middleware to call next() exactly once, or to throw reject(status, reason)',
    todo: 'return await next(), or throw reject(403, "why")',
  },
  HF_HANDLER_FAILED: {
    seen: 'handler {handler} of route {route} threw: {message}',
    wanted: 'handlers to deal with their own errors',
    todo: 'its connection ends with 1011, unless it was ending already; the error is in `cause`',
  },
  HF_SHOWS_FAILED: {
    seen: 'shows() of route {route} threw: {message}',
    wanted: 'it to return at once what others may see of a connection',
    todo: 'null is shown for it, and nothing ends; the error is in `cause`',
  },
  HF_HANDLER_OVERDUE: {
    seen: 'handler {handler} of route {route} has not finished after {ms} ms',
    wanted: 'it to finish within handlerTimeoutMs',
    todo: 'pass turn.signal to what it waits for; the connection is ended with 1011 if it does not finish in closeTimeoutMs',
  },
  HF_UPGRADE_FAILED: {
    seen: 'the upgrade of route {route} threw: {message}',
    wanted: 'upgrade() and middleware to return, or to throw reject(status, reason)',
    todo: 'the client was answered with 500; the error is in `cause`',
  },
  HF_TASK_FAILED: {
    seen: 'task "{name}" in {scope} failed: {message}',
    wanted: 'tasks to deal with their own errors',
    todo: 'the error is in `cause`',
  },
  HF_DELAY_INVALID: {
    seen: 'scope.{method}() with {delay}',
    wanted: 'a number of milliseconds from {min} to {max}',
    todo: 'check how the number is computed',
  },
  HF_RELEASE_FAILED: {
    seen: 'releasing "{name}" in {scope} failed: {message}',
    wanted: 'what is put into a scope to be releasable without throwing',
    todo: 'the rest was released all the same; the error is in `cause`',
  },
  HF_SERVER_STATE: {
    seen: 'server.{method}() on a server that is {state}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_PORT_IN_USE: {
    seen: 'port {port} is in use',
    wanted: 'a free port',
    todo: 'stop what listens there, or choose another port',
  },
  HF_MOVED: {
    seen: 'connection {id} moves to another process',
    wanted: 'work that belongs to it to stop here; hold() begins it again where it goes',
    todo: 'nothing: this is the reason of an aborted signal',
  },
  HF_CONNECTION_MOVED: {
    seen: 'connection.{property} was used after connection {id} had moved to another process',
    wanted: 'a connection that has moved to be forgotten here: it keeps only its id and counters',
    todo: 'put what uses it into connection.scope: that ends here when the connection moves, and hold() begins it again there',
  },
  HF_HANDOFF_FAILED: {
    seen: 'handoff.{method} of route {route} failed: {message}',
    wanted: 'save() to return plain data, and restore() to make of it what connection.data is',
    todo: 'its connection was not moved; the error is in `cause`',
  },
  HF_MOVE_REFUSED: {
    seen: 'connection {id} cannot be taken up here: {reason}',
    wanted: '{wanted}',
    todo: 'its old process serves it on',
  },
  HF_SYNC_OVERDUE: {
    seen: 'sync() has waited {ms} ms for {workers}',
    wanted: 'every other worker to have delivered what was published before, and to answer',
    todo: 'nothing is lost by it; a worker that is stuck will be cut off, then sync() waits for it no longer',
  },
  HF_LISTEN_FAILED: {
    seen: 'listening on {where} failed: {message}',
    wanted: 'an address of this machine and a port that this user may take',
    todo: 'correct host and port; ports below 1024 may need CAP_NET_BIND_SERVICE, or a .socket unit of systemd',
  },
  HF_APP_INVALID: {
    seen: '{file}: {seen}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_WORKER_FAILED: {
    seen: 'a worker of {file} did not start: {reason}',
    wanted: 'it to be ready within {ms} ms, and to listen',
    todo: '{todo}',
  },
  HF_RELOAD_FAILED: {
    seen: 'the reload failed: {message}',
    wanted: 'the new version to start and to take over',
    todo: 'correct it and reload again; {left}',
  },
  HF_ROLLOUT_BUSY: {
    seen: 'a {wanted} while a {running} is under way',
    wanted: 'one at a time',
    todo: 'wait until it has ended: holdfast status tells',
  },
  HF_ADMIN_TOKEN: {
    seen: 'an admin port on {host} without a token',
    wanted: 'a token wherever others than this machine can connect',
    todo: 'give it a token of at least 16 characters, or let it listen on 127.0.0.1',
  },
  HF_ADMIN_ROUTE: {
    seen: 'admin route {method} {path}: {problem}',
    wanted: 'GET or POST with a path that is declared once, a handler, and no POST without token',
    todo: 'correct the route or remove the second declaration',
  },
  HF_ADMIN_FAILED: {
    seen: '{what} of the admin port failed: {message}',
    wanted: 'handlers of admin routes to deal with their own errors',
    todo: 'its client was told that it failed; the error is in `cause`',
  },
  HF_PEER_MISSING: {
    seen: '{what} without the package {name}',
    wanted: 'it to be installed beside holdfast, which does not bring it along',
    todo: 'npm install {name}',
  },
  HF_TRACE_FAILED: {
    seen: 'OpenTelemetry threw: {message}',
    wanted: 'a tracer, context manager, propagator and span processors that do not throw',
    todo: 'no connection is touched, but spans are missing; it is told once for each trace(), and the error is in `cause`',
  },
  HF_CENSUS_BLIND: {
    seen: 'it cannot be judged here what is released: {why}',
    wanted: 'a process in which what nobody holds is collected, and what is held on purpose is found',
    todo: 'allow V8 flags to be set, or start Node with --expose-gc; in tests, with the real timers',
  },
  HF_NOT_RELEASED: {
    seen: 'expectNoLeaks(): {left}',
    wanted: 'what was over in it to be released within {ms} ms',
    todo: 'look for the map, closure, timer or listener that keeps it; a variable of the test counts too',
  },
  HF_SNAPSHOT_INVALID: {
    seen: 'no heap snapshot that can be read: {seen}, at byte {offset}',
    wanted: '{wanted}',
    todo: 'take it again and let it be written to its end: a name ending in .heapsnapshot, of Node 20 or later',
  },
  HF_SNAPSHOTS_UNRELATED: {
    seen: 'of {shared} objects with the same number in the {which} snapshot and the next, {alike} bear the same name',
    wanted:
      'three snapshots of one process, in order, taken without closing the inspector in between: that gives every object another number',
    todo: 'take all three in one session, or let holdfast doctor PID --every TIME take them',
  },
  HF_EXAMINE_FAILED: {
    seen: 'the snapshot was not examined: {reason}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_PROCESS_UNFIT: {
    seen: 'process {pid} {seen}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_INSPECTOR_FAILED: {
    seen: 'the inspector of process {pid}: {seen}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_SOAK_FAILED: {
    seen: '{seen}',
    wanted: '{wanted}',
    todo: '{todo}',
  },
  HF_ENDED: {
    seen: '{what} ended: {reason}',
    wanted: 'work that belongs to it to stop',
    todo: 'nothing: this is the reason of an aborted signal',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** An error with a stable `code` from the table. `message` holds what was seen, wanted and to be done. */
export class HoldfastError extends Error {
  readonly code: ErrorCode
  override readonly name = 'HoldfastError'

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const entry: ErrorEntry = ERRORS[code]
    super(
      `${fill(entry.seen, details)}; wanted ${fill(entry.wanted, details)}; ${fill(entry.todo, details)} (${code})`,
      options,
    )
    this.code = code
    // An unformatted stack keeps the receivers of its frames alive (nodejs/node#66129); reading it lets them go.
    void this.stack
  }
}

/** What an unknown thrown value has to say, as one short line. Never throws, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return `a value of type ${typeof thrown} that cannot be shown`
  }
}

/** The stack of an unknown thrown value, or the empty string. Never throws. */
export function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? '') : ''
  } catch {
    return ''
  }
}

function fill(template: string, details: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
