/** The internals of one server, put together from its parts. A function; they end with the server. */
import { lifeOf } from '../connection/connection.ts'
import { factsOf } from '../connection/facts.ts'
import { tieBroker } from './broker-tie.ts'
import { HubDepartures } from './departures.ts'
import type { ServerInternals } from './internals.ts'
import { LeakAnnouncers } from './leak-announcers.ts'
import { EndObservers, WorkObservers } from './observers.ts'
import type { ServerContext } from './server-context.ts'
import { serverFigures } from './server-figures.ts'
import { visitConnections } from './server-work.ts'

export function makeInternals(
  context: ServerContext,
  listening: Pick<ServerInternals, 'listenOn' | 'stopListening' | 'hangUp' | 'strangers' | 'work'>,
): ServerInternals {
  const ends = new EndObservers()
  const works = new WorkObservers()
  const leaks = new LeakAnnouncers(context.events)
  return {
    ...listening,
    departures: new HubDepartures(context.hub),
    arrivals: context.arrivals,
    observe: (observer) =>
      works.add(observer, (all) => {
        context.observer = all
      }),
    connections: (visitor) => visitConnections(context.hub, visitor),
    connection(id) {
      const connection = context.hub.connection(id)
      const life = connection === undefined ? null : lifeOf(connection)
      return life === null ? null : factsOf(life)
    },
    observeEnds: (observer) =>
      ends.add(observer, (all) => {
        context.endObserver = all
      }),
    leakAnnouncer: () => leaks.add(),
    declaredAt: (route) => context.routes.declared(route)?.declaredAt,
    observeUpgrades(observer) {
      if (context.upgradeObserver !== null) return null
      context.upgradeObserver = observer
      return () => {
        if (context.upgradeObserver === observer) context.upgradeObserver = null
      }
    },
    countTraffic: () => void context.countTraffic(),
    figures: () => serverFigures(context),
    report: (error) => context.report(error),
    connectBroker: (broker) => tieBroker(context.hub, broker),
    get isReady() {
      return !context.closing
    },
  }
}
