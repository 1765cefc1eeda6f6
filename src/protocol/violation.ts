/**
 * A rule the peer broke: which close code answers it, and what was seen, for the announcement and the close reason.
 * A plain value, never thrown across a connection; it holds strings only. Nothing to end.
 */
export interface Violation {
  /** The close code to answer with: 1002, 1007, 1008 or 1009. */
  readonly code: 1002 | 1007 | 1008 | 1009
  /** The broken rule in a few words, at most 123 bytes of UTF-8: it becomes the reason of the close frame. */
  readonly reason: string
}
