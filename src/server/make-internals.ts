/** The internals of one server, put together from its parts. A function; they end with the server. */
import { lifeOf } from '../connection/connection.ts'
import { factsOf } from '../connection/facts.ts'
import { tieBroker } from './broker-tie.ts'
import { HubDepartures } from './departures.ts'
import type { HttpServers } from './http-servers.ts'
import type { ServerInternals } from './internals.ts'
import { LeakAnnouncers } from './leak-announcers.ts'
import { EndObservers, WorkObservers } from './observers.ts'
import { Readiness } from './readiness.ts'
import type { ServerContext } from './server-context.ts'
import { FiguresOfServer } from './server-figures.ts'
import { visitConnections } from './server-work.ts'
import { countStrangers } from './strangers.ts'

export function makeInternals(
  context: ServerContext,
  http: HttpServers,
  listening: Pick<ServerInternals, 'listenOn' | 'stopListening' | 'work'>,
): ServerInternals {
  const ends = new EndObservers()
  const works = new WorkObservers()
  const leaks = new LeakAnnouncers(context.events)
  const readiness = new Readiness(context, http)
  const figures = new FiguresOfServer(context)
  return {
    ...listening,
    hangUp: () => http.hangUp(),
    strangers: () => countStrangers(context, http.all),
    notReady: () => readiness.notReady(),
    readyWhen: (name, check) => readiness.when(name, check),
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
    routeOf: (path) => context.routes.match(path)?.route.path ?? null,
    declaredAt: (route) => context.routes.declared(route)?.declaredAt,
    observeUpgrades(observer) {
      if (context.upgradeObserver !== null) return null
      context.upgradeObserver = observer
      return () => {
        if (context.upgradeObserver === observer) context.upgradeObserver = null
      }
    },
    countTraffic: () => void context.countTraffic(),
    figures: () => figures.read(),
    report: (error) => context.report(error),
    connectBroker: (broker) => tieBroker(context.hub, broker),
    get isReady() {
      return !context.closing
    },
  }
}
