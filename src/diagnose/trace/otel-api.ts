/**
 * OpenTelemetry, as far as it is called here: the few methods of `@opentelemetry/api`, which is an optional peer, and how it is
 * loaded. Types, constants and a function; nothing to end.
 */
import { HoldfastError } from '../../base/errors.ts'

/** What spans belong to: a value of the API, handed on and not looked into. */
export type OtelContext = object

export interface OtelSpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

export type OtelAttributes = Record<string, string | number | boolean>

export interface OtelSpanOptions {
  kind: number
  attributes: OtelAttributes
  root?: boolean
  links?: { context: OtelSpanContext }[]
}

export interface OtelSpan {
  spanContext(): OtelSpanContext
  setAttributes(attributes: OtelAttributes): unknown
  setStatus(status: { code: number; message?: string }): unknown
  end(): void
}

export interface OtelTracer {
  startSpan(name: string, options: OtelSpanOptions, context?: OtelContext): OtelSpan
}

/** The module `@opentelemetry/api` is one. */
export interface OtelApi {
  readonly ROOT_CONTEXT: OtelContext
  readonly context: { with<Result>(context: OtelContext, fn: () => Result): Result }
  readonly propagation: { extract(context: OtelContext, carrier: object): OtelContext }
  readonly trace: {
    getTracer(name: string): OtelTracer
    setSpan(context: OtelContext, span: OtelSpan): OtelContext
  }
}

/** Numbers that the specification of the API has fixed. */
export const KIND_INTERNAL = 0
export const KIND_SERVER = 1
export const STATUS_ERROR = 2

/** @throws HoldfastError HF_PEER_MISSING */
export async function loadApi(): Promise<OtelApi> {
  try {
    return await import('@opentelemetry/api')
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown
    throw new HoldfastError('HF_PEER_MISSING', { what: 'trace()', name: '@opentelemetry/api' })
  }
}

/** It is not installed; one that is there and broken says so itself. */
function isMissing(thrown: unknown): boolean {
  const { code, message } = thrown as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@opentelemetry/api'")
}
