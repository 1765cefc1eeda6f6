/**
 * The socket beneath a connection: who owns it, and how it ends. The only file of the library that listens to a socket of
 * ours, and the only one that ends or destroys one.
 *
 * A socket that was taken has an owner at every moment until its `close`: the upgrade request (server/opening.ts), then
 * the connection. The listeners are put on once and find the owner of the moment, so there is no gap between the two.
 */
import type { Socket } from 'node:net'

export interface SocketOwner {
  socketOnData(chunk: Buffer): void
  /** The socket takes bytes again. */
  socketOnDrain(): void
  /** The peer has sent FIN. The owner has to answer it: sockets of an HTTP server may stay half open for ever. */
  socketOnEnd(): void
  /** `socketOnClose` follows. */
  socketOnError(error: NodeJS.ErrnoException): void
  /** The descriptor is back. Called once; the socket has no owner after it. */
  socketOnClose(): void
}

const OWNER = Symbol('holdfast owner')

type OwnedSocket = Socket & { [OWNER]?: SocketOwner | undefined }

/** Makes `owner` the owner of `socket`. The first time, puts the listeners on, which start the reading. */
export function ownSocket(socket: Socket, owner: SocketOwner): void {
  const owned = socket as OwnedSocket
  const first = owned[OWNER] === undefined
  owned[OWNER] = owner
  if (!first) return
  socket.on('error', socketOnError)
  socket.on('close', socketOnClose)
  socket.on('end', socketOnEnd)
  socket.on('drain', socketOnDrain)
  socket.on('data', socketOnData)
}

/** Has it an owner? Then it is not for anybody else to take. */
export function isOwned(socket: Socket): boolean {
  return (socket as OwnedSocket)[OWNER] !== undefined
}

function socketOnData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.socketOnData(chunk)
}

function socketOnDrain(this: OwnedSocket): void {
  this[OWNER]?.socketOnDrain()
}

function socketOnEnd(this: OwnedSocket): void {
  this[OWNER]?.socketOnEnd()
}

function socketOnError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  this[OWNER]?.socketOnError(error)
}

function socketOnClose(this: OwnedSocket): void {
  const owner = this[OWNER]
  this[OWNER] = undefined
  // The listeners stay: they hold nothing, and an error after `close` must not become an uncaught exception.
  owner?.socketOnClose()
}

/** Writes what is left, then FIN. `last` is written before it. */
export function finishSocket(socket: Socket, last?: string | Uint8Array): void {
  if (socket.writableEnded || socket.destroyed) return
  if (last === undefined) socket.end()
  else socket.end(last)
}

/** Gives the descriptor back now; what was not written is lost. `close` follows. */
export function destroySocket(socket: Socket): void {
  if (!socket.destroyed) socket.destroy()
}

/** Gives the descriptor back with a reset: the peer sees that nothing more will come. For a TCP socket; `close` follows. */
export function resetSocket(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy()
}
