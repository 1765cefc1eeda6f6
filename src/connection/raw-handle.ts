/**
 * The raw TCP handle beneath a `net.Socket`: the only file that knows of it.
 *
 * Not public API of Node, and used here: `socket._handle`, and of the handle `reading`, `readStart()`, `readStop()`, `close()`, and the
 * name of its class, `TCP`; the options `handle` and `manualStart` of `new net.Socket()`. The same on Node 20, 24 and 26, where
 * test/unit/connection/raw-handle.test.ts runs. Used as documented: a socket reads into its own buffer while it is paused, until
 * that is full.
 *
 * Functions over a socket; nothing to end. Nothing here writes to a socket, ends it or shuts it down.
 */
import { Socket } from 'node:net'

/** What is used of a handle. */
export interface RawHandle {
  /** Node's own note of whether it reads. */
  reading?: boolean
  readStart(): number
  readStop(): number
  close(done?: () => void): void
}

const FROM_HANDLE = Symbol('holdfast socket from a handle')

type Handled = Socket & { _handle?: RawHandle | null; [FROM_HANDLE]?: true }

/** The TCP handle of a socket; null when it has none (any more): it is closed, or rides on something else. */
export function rawHandleOf(socket: Socket): RawHandle | null {
  const handle = (socket as Handled)._handle
  return isTcpHandle(handle) ? handle : null
}

export function isTcpHandle(value: unknown): value is RawHandle {
  if (typeof value !== 'object' || value === null || value.constructor?.name !== 'TCP') return false
  const { readStart, readStop, close } = value as Partial<RawHandle>
  return typeof readStart === 'function' && typeof readStop === 'function' && typeof close === 'function'
}

/**
 * Nothing is read from the descriptor after it. What had been read and waited in the paused socket comes as `data` now: afterwards the
 * socket holds nothing, and all that is still to come is in the kernel.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  const handle = rawHandleOf(socket)
  // Or taking out what waits would start the reading again.
  if (handle !== null) handle.reading = true
  while (socket.read() !== null);
  if (handle === null) return
  handle.reading = false
  handle.readStop()
}

/** Undoes stopReading(). The socket itself is still paused: `resume()` lets it flow. */
export function startReading(socket: Socket): void {
  const handle = rawHandleOf(socket)
  if (handle === null || handle.reading === true) return
  handle.reading = true
  handle.readStart()
}

/** A paused socket around a handle that came from elsewhere; it does not read before `resume()`. Like those of an HTTP server, it may be half open. */
export function socketOf(handle: RawHandle): Socket {
  const options = { handle, manualStart: true, allowHalfOpen: true }
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]) as Handled
  socket.pause()
  socket[FROM_HANDLE] = true
  return socket
}

/** Was it made by socketOf()? Then no HTTP server counts it. */
export function isFromHandle(socket: Socket): boolean {
  return (socket as Handled)[FROM_HANDLE] === true
}

/** Closes the descriptor of a handle that no socket was made of. Nothing is sent to the peer as long as another process has the socket too. */
export function closeHandle(handle: object): void {
  if (isTcpHandle(handle)) handle.close()
}
