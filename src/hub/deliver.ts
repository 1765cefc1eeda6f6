/**
 * One message to many connections: framed once, the bytes are shared. Functions; nothing to end.
 *
 * Whoever ends meanwhile, because this very message was too much for it, leaves the group that is being walked through;
 * sets and maps allow that.
 */
import { refuseUnknown, wrongArgument } from '../base/options.ts'
import { Connection, lifeOf } from '../connection/connection.ts'
import type { Life } from '../connection/life.ts'
import { sendShared } from '../connection/sending.ts'
import type { SharedMessage } from '../connection/shared-message.ts'

export interface PublishOptions {
  /** This one does not get it. */
  readonly except?: Connection
}

/** @returns how many it was accepted for */
export function deliver(lives: Iterable<Life>, message: SharedMessage, except: Life | null = null): number {
  let accepted = 0
  for (const life of lives) {
    if (life === except) continue
    const result = sendShared(life, message)
    if (result === 'sent' || result === 'queued') accepted++
  }
  return accepted
}

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
export function exceptOf(options: PublishOptions | null | undefined, method: string): Life | null {
  if (options == null) return null
  if (typeof options !== 'object') throw wrongArgument(method, 'options', options, 'an object')
  for (const name of Object.keys(options)) refuseUnknown(method, name, ['except'])
  const { except } = options
  if (except == null) return null
  if (!(except instanceof Connection)) throw wrongArgument(method, 'except', except, 'a connection of this server')
  return lifeOf(except)
}
