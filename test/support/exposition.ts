/** Reads what `/metrics` answers, as text: every series with its value, as it stands there. Functions; nothing to end. */
import { ask } from './admin-client.ts'

/** By series, such as `holdfast_connections{route="/",state="open"}`. */
export type Series = ReadonlyMap<string, number>

export interface Family {
  readonly name: string
  readonly type: string
}

export function seriesOf(text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

export function familiesOf(text: string): Family[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
}

export async function scrape(port: number): Promise<Series> {
  const { status, body } = await ask(port, '/metrics')
  if (status !== 200) throw new Error(`/metrics answered ${status}: ${body}`)
  return seriesOf(body)
}

/** All series of that name, or of that name and these labels, added up. */
export function sumOf(series: Series, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return [...series].reduce((sum, [key, value]) => {
    const isOfName = key === name || key.startsWith(`${name}{`)
    return isOfName && wanted.every((label) => key.includes(label)) ? sum + value : sum
  }, 0)
}

/** Which series must never fall: counters and the parts of histograms, but for those of one process. */
export function growingOf(series: Series): [string, number][] {
  return [...series].filter(([key]) => /(_total|_count|_sum|_bucket)(\{|$)/.test(key) && !/[{,]worker="/.test(key))
}
