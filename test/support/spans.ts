/**
 * The real OpenTelemetry SDK for one test file: everything that begins and ends is seen. Registered for the whole process, by the one
 * call of `registerSdk()`; the process of the test file ends it.
 */
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { until } from './deadline.ts'

export class Spans {
  readonly #exporter = new InMemorySpanExporter()
  /** Begun, and not ended. */
  // Removed by: the end of each span.
  readonly #open = new Set<string>()
  #references: WeakRef<object>[] = []

  constructor() {
    const watch = {
      onStart: (span: ReadableSpan) => {
        this.#open.add(span.spanContext().spanId)
        this.#references.push(new WeakRef(span))
      },
      onEnd: (span: ReadableSpan) => void this.#open.delete(span.spanContext().spanId),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
    new NodeTracerProvider({ spanProcessors: [watch, new SimpleSpanProcessor(this.#exporter)] }).register()
  }

  /** Forgets all that was. */
  reset(): void {
    this.#exporter.reset()
    this.#references = []
  }

  /** To all that began since reset(). */
  get references(): readonly WeakRef<object>[] {
    return this.#references
  }

  get openCount(): number {
    return this.#open.size
  }

  /** Ended since reset(), oldest first. */
  get ended(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  /** The only one whose name begins so, once it has ended. */
  async one(name: string): Promise<ReadableSpan> {
    const named = (): ReadableSpan[] => this.ended.filter((span) => span.name.startsWith(name))
    await until(`a span "${name}" has ended`, () => named().length > 0)
    const [first, ...others] = named()
    if (others.length > 0 || first === undefined) throw new Error(`${others.length + 1} spans are called "${name}"`)
    return first
  }
}
