/**
 * Raw handles beneath `node:net`, as far as the supervisor and its workers need them: the only file of rollout/ and cli/ that
 * knows what is not public API of Node.
 *
 * Not public, and used here: `net._createServerHandle()`, as node:cluster uses it; of a TCP handle `getsockname()`, `getpeername()`,
 * `fd` and `close()`; and `process.binding('pipe_wrap')` and `process.binding('stream_wrap')`, the classes of the pipes that
 * `child_process` sends handles over. The same on Node 20, 24 and 26, where test/unit/rollout/raw-handles.test.ts runs.
 *
 * A `ListeningHandle` ends with `close()` by whoever made it; a `HandlePipe` with `close()` or the end of its peer. Nothing
 * here accepts a socket.
 */
import { lookup } from 'node:dns/promises'
import net from 'node:net'
import { getSystemErrorName } from 'node:util'
import { HoldfastError, messageOf } from '../base/errors.ts'

/** A bound TCP socket that accepts nothing. Workers that it is sent to listen on it; it listens as long as one of its copies is open. */
export interface ListeningHandle {
  readonly fd: number
  /** Of the system: 0, or what went wrong. */
  getsockname(out: object): number
  close(): void
}

export interface ListeningAddress {
  readonly address: string
  readonly port: number
}

const makeHandle = (
  net as unknown as {
    _createServerHandle(
      address: string | null,
      port: number,
      family: number,
      fd?: number,
      flags?: number,
    ): ListeningHandle | number
  }
)._createServerHandle

/**
 * A handle bound to `host` and `port`; without a host to all addresses.
 *
 * @throws HoldfastError HF_PORT_IN_USE, HF_LISTEN_FAILED
 */
export async function bindHandle(host: string | undefined, port: number): Promise<ListeningHandle> {
  const found = host === undefined ? null : await addressFor(host)
  const handle = makeHandle(found?.address ?? null, port, found?.family ?? 4, undefined, 0)
  const status = typeof handle === 'number' ? handle : handle.getsockname({})
  if (status === 0) return handle as ListeningHandle
  if (typeof handle !== 'number') handle.close()
  const code = getSystemErrorName(status)
  if (code === 'EADDRINUSE') throw new HoldfastError('HF_PORT_IN_USE', { port })
  throw new HoldfastError('HF_LISTEN_FAILED', { where: `${host ?? 'all addresses'} port ${port}`, message: code })
}

async function addressFor(host: string): Promise<{ readonly address: string; readonly family: number }> {
  try {
    return await lookup(host)
  } catch (cause) {
    throw new HoldfastError('HF_LISTEN_FAILED', { where: host, message: messageOf(cause) }, { cause })
  }
}

/**
 * A handle of a descriptor that this process was given, by systemd, say.
 *
 * @throws HoldfastError HF_LISTEN_FAILED when it is no TCP socket
 */
export function handleOfDescriptor(fd: number): ListeningHandle {
  const handle = makeHandle(null, 0, -1, fd)
  if (typeof handle !== 'number') {
    const out: { port?: number } = {}
    if (handle.constructor.name === 'TCP' && handle.getsockname(out) === 0 && out.port !== undefined) return handle
    handle.close()
  }
  throw new HoldfastError('HF_LISTEN_FAILED', { where: `descriptor ${fd}`, message: 'it is no TCP socket' })
}

export function addressOf(handle: ListeningHandle): ListeningAddress {
  const out = { address: '', port: 0 }
  handle.getsockname(out)
  return { address: out.address, port: out.port }
}

/** What comes over a pipe, in order. Nothing follows `pipeOnEnd`. */
export interface PipeOwner {
  /** Bytes, and the handle that came with them: of each chunk at most one. The handle is the owner's to close. */
  pipeOnData(chunk: Buffer, handle: object | null): void
  /** The other end is closed, or the pipe failed. */
  pipeOnEnd(): void
}

/**
 * Both ends of the TCP connection a handle is of, in words: the same in all processes, and no two that are open have the same.
 * Null when it is not connected any more.
 */
export function endsOf(handle: object): string | null {
  const [peer, own] = [
    { address: '', port: 0 },
    { address: '', port: 0 },
  ]
  const { getpeername, getsockname } = handle as Partial<Record<'getpeername' | 'getsockname', (out: object) => number>>
  if (getpeername?.call(handle, peer) !== 0 || getsockname?.call(handle, own) !== 0) return null
  return `${peer.address} ${peer.port} ${own.address} ${own.port}`
}

interface RawPipe {
  onread: (chunk: ArrayBuffer | undefined) => void
  pendingHandle: object | null
  open(fd: number): number
  connect(request: RawRequest, path: string): number
  readStart(): number
  writeBuffer(request: RawRequest, bytes: Uint8Array, handle?: object): number
  ref(): void
  unref(): void
  close(): void
}

interface RawRequest {
  oncomplete: (status: number) => void
  /** Kept until it is written. */
  buffer?: Uint8Array
}

interface PipeBinding {
  readonly Pipe: new (type: number) => RawPipe
  readonly PipeConnectWrap: new () => RawRequest
  readonly constants: { readonly IPC: number }
}

interface StreamBinding {
  readonly WriteWrap: new () => RawRequest
  readonly kReadBytesOrError: number
  readonly kArrayBufferOffset: number
  readonly kLastWriteWasAsync: number
  readonly streamBaseState: ArrayLike<number>
}

function binding<Binding>(name: string): Binding {
  return (process as unknown as { binding(name: string): Binding }).binding(name)
}

/**
 * One end of a Unix socket over which handles can be sent, as `child_process` does it between parent and child. Here both
 * ends are workers: no third process has to wake up for each handle, and several may be under way.
 *
 * It never keeps the process alive by itself. A copy of a handle that is sent stays with the sender.
 */
export class HandlePipe {
  readonly #pipe: RawPipe
  readonly #stream: StreamBinding
  #owner: PipeOwner | null = null
  #closed = false
  /** The other end does not read any more; what it has sent before is still read. */
  #unheard = false
  #waitingBytes = 0

  private constructor(pipe: RawPipe) {
    this.#pipe = pipe
    this.#stream = binding<StreamBinding>('stream_wrap')
    pipe.unref()
  }

  /** The end that this process was born with, as that descriptor. */
  static open(fd: number): HandlePipe {
    const pipe = newPipe()
    const status = pipe.open(fd)
    if (status === 0) return new HandlePipe(pipe)
    pipe.close()
    throw new Error(`descriptor ${fd}: ${getSystemErrorName(status)}`)
  }

  /** Connects to whoever listens at `path`. Rejects when nobody does. */
  static connect(path: string): Promise<HandlePipe> {
    const pipe = newPipe()
    const request = new (binding<PipeBinding>('pipe_wrap').PipeConnectWrap)()
    return new Promise((resolve, reject) => {
      request.oncomplete = (status) => {
        if (status === 0) resolve(new HandlePipe(pipe))
        else fail(status)
      }
      const fail = (status: number): void => {
        pipe.close()
        reject(new Error(`${path}: ${getSystemErrorName(status)}`))
      }
      const status = pipe.connect(request, path)
      if (status !== 0) fail(status)
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Bytes that the kernel has not taken. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Reads from now on. */
  listen(owner: PipeOwner): void {
    this.#owner = owner
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = this.#stream
    this.#pipe.onread = (chunk) => {
      const handle = this.#pipe.pendingHandle ?? null
      this.#pipe.pendingHandle = null
      if (chunk === undefined) this.close()
      else {
        const bytes = Buffer.from(chunk, streamBaseState[kArrayBufferOffset], streamBaseState[kReadBytesOrError])
        this.#owner?.pipeOnData(bytes, handle)
      }
    }
    this.#pipe.readStart()
  }

  /** Sends bytes and, with the first of them, a handle. Nothing is sent when it is closed. */
  send(bytes: Uint8Array, handle: object | null = null): void {
    if (this.#closed || this.#unheard) return
    const request = new this.#stream.WriteWrap()
    request.buffer = bytes
    this.#waitingBytes += bytes.length
    request.oncomplete = (status) => {
      this.#waitingBytes -= bytes.length
      if (status !== 0) this.#failed(status)
    }
    const { streamBaseState, kLastWriteWasAsync } = this.#stream
    const status =
      handle === null ? this.#pipe.writeBuffer(request, bytes) : this.#pipe.writeBuffer(request, bytes, handle)
    if (status !== 0) {
      this.#waitingBytes -= bytes.length
      this.#failed(status)
    }
    // It has been written already, and nobody will say so.
    else if (streamBaseState[kLastWriteWasAsync] === 0) this.#waitingBytes -= bytes.length
  }

  /** Does the other end read what is sent? */
  get heard(): boolean {
    return !this.#closed && !this.#unheard
  }

  /** Whoever has gone may have said something before; that it has gone is read behind it. */
  #failed(status: number): void {
    if (getSystemErrorName(status) === 'EPIPE' && this.#owner !== null) this.#unheard = true
    else this.close()
  }

  /** A second call does nothing. The owner is told, whoever closed it. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pipe.close()
    const owner = this.#owner
    this.#owner = null
    owner?.pipeOnEnd()
  }
}

function newPipe(): RawPipe {
  const { Pipe, constants } = binding<PipeBinding>('pipe_wrap')
  return new Pipe(constants.IPC)
}
