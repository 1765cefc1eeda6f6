/** The door `holdfast/opentelemetry`: spans of upgrades and of the ends of connections. */
export { type TracedServer, trace } from './trace.ts'
