/**
 * A span's place in its trace as the text of W3C Trace Context, `00-<trace>-<span>-<flags>`: so a connection keeps 55 bytes of its
 * upgrade's span, and they can travel. Pure; nothing to end.
 */
import type { OtelSpanContext } from './otel-api.ts'

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** Null for a span that is in no trace, as without an SDK. */
export function traceparentOf({ traceId, spanId, traceFlags }: OtelSpanContext): string | null {
  const text = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
  // Copied: what it is made of may be a slice of a header, and would keep that.
  return TRACEPARENT.test(text) ? Buffer.from(text, 'latin1').toString('latin1') : null
}

/** Null for what is none: it may have come from another process. */
export function spanContextOf(traceparent: string | null): OtelSpanContext | null {
  const parts = TRACEPARENT.exec(traceparent ?? '')
  if (parts === null) return null
  const [, traceId = '', spanId = '', flags = ''] = parts
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}
