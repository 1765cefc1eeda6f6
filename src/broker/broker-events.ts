/** What happens between workers, by name. Types only; announced also on the diagnostics channels `holdfast:<name>`. */
import type { UnlinkReason } from './links.ts'

export interface BrokerEvents {
  /** A link to another worker is up. */
  linked: { readonly peer: string; readonly pid: number }
  /** A link that was up is down. `problem` says what was wrong, when something was; what waited for the peer is lost. */
  unlinked: {
    readonly peer: string
    readonly reason: UnlinkReason
    readonly problem: string
    /** Bytes that waited for it and were not written. */
    readonly lostBytes: number
  }
  /** A socket was closed before its greeting was accepted. */
  linkRefused: { readonly problem: string }
  /** Messages of a worker to a topic did not come, because a link was down in between, say. */
  missed: { readonly from: string; readonly topic: string; readonly messages: number }
}
