/** The internals of one server, put together from its parts. A function; they end with the server. */
import { tieBroker } from './broker-tie.ts'
import { HubDepartures } from './departures.ts'
import type { ServerInternals } from './internals.ts'
import type { ServerContext } from './server-context.ts'

export function makeInternals(
  context: ServerContext,
  listening: Pick<ServerInternals, 'listenOn' | 'stopListening' | 'strangers' | 'work'>,
): ServerInternals {
  return {
    ...listening,
    departures: new HubDepartures(context.hub),
    arrivals: context.arrivals,
    observe(observer) {
      context.observer = observer
      return () => {
        if (context.observer === observer) context.observer = null
      }
    },
    connectBroker: (broker) => tieBroker(context.hub, broker),
    get isReady() {
      return !context.closing
    },
  }
}
