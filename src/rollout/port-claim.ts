/**
 * How the supervisor comes by its listening handle: systemd has passed one, or it binds a port. When the port is in use it tries
 * again, for a while: workers of a supervisor that was killed give it up as soon as they notice.
 *
 * Functions; the handle is its caller's to close.
 */
import { type Clock, systemClock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { bindHandle, handleOfDescriptor, type ListeningHandle } from './raw-handles.ts'

/** The first descriptor systemd passes (sd_listen_fds(3)). */
const FIRST_FD = 3
const PAUSE_MS = 100

/** What systemd says in the environment, or null: it has passed nothing to this process. */
export interface PassedSockets {
  readonly count: number
}

export function passedSockets(env: NodeJS.ProcessEnv, pid: number): PassedSockets | null {
  if (Number(env.LISTEN_PID) !== pid) return null
  const count = Number(env.LISTEN_FDS)
  return Number.isInteger(count) && count > 0 ? { count } : null
}

/** @throws HoldfastError HF_LISTEN_FAILED */
export function takePassed({ count }: PassedSockets): ListeningHandle {
  if (count === 1) return handleOfDescriptor(FIRST_FD)
  const message = `systemd has passed ${count} sockets, and there is one listener`
  throw new HoldfastError('HF_LISTEN_FAILED', { where: 'LISTEN_FDS', message })
}

export interface PortClaim {
  readonly host: string | undefined
  readonly port: number
  /** How long to try. */
  readonly withinMs: number
  readonly signal: AbortSignal
  /** It is in use: the first time that is found. */
  claimOnBusy(): void
}

/** @throws HoldfastError HF_PORT_IN_USE, HF_LISTEN_FAILED; the signal's reason */
export async function claimPort(claim: PortClaim, clock: Clock = systemClock): Promise<ListeningHandle> {
  const latest = clock.now() + claim.withinMs
  for (let round = 0; ; round++) {
    claim.signal.throwIfAborted()
    try {
      return await bindHandle(claim.host, claim.port)
    } catch (thrown) {
      const isBusy = thrown instanceof HoldfastError && thrown.code === 'HF_PORT_IN_USE'
      if (!isBusy || clock.now() + PAUSE_MS > latest) throw thrown
      if (round === 0) claim.claimOnBusy()
    }
    await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve))
  }
}
