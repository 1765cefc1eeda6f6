/**
 * What a drain says of itself, held against the ledger. Pure.
 */
import type { DrainReport, ServerLedger } from '../../src/index.ts'

type Ledger = Pick<ServerLedger, 'open' | 'draining' | 'closing' | 'closed' | 'accepted'>

/** What does not add up: in the report, or between it and what the ledger counted from before to after. */
export function reportProblems(report: DrainReport, before: Ledger, after: Ledger): string[] {
  const { total, finished, forced, moved, gone } = report
  const routes = Object.values(report.byRoute)
  const ofRoutes = (key: 'total' | 'finished' | 'forced' | 'moved' | 'gone'): number =>
    routes.reduce((sum, counts) => sum + counts[key], 0)
  const forcedBy = report.forcedBy.reduce((sum, { connections }) => sum + connections, 0)
  const laws: readonly (readonly [string, number, number])[] = [
    ['total = finished + forced + moved + gone', total, finished + forced + moved + gone],
    ['total = what was there before', total, before.open + before.draining + before.closing],
    ['closed meanwhile = finished + forced + gone', after.closed - before.closed, finished + forced + gone],
    ['nothing is left', after.open + after.draining + after.closing, 0],
    ['nobody came meanwhile', after.accepted, before.accepted],
    ['total = by route', total, ofRoutes('total')],
    ['finished = by route', finished, ofRoutes('finished')],
    ['forced = by route', forced, ofRoutes('forced')],
    ['moved = by route', moved, ofRoutes('moved')],
    ['gone = by route', gone, ofRoutes('gone')],
    ['forced = forced by', forced, forcedBy],
  ]
  return laws.filter(([, left, right]) => left !== right).map(([law, left, right]) => `${law}: ${left} is not ${right}`)
}
