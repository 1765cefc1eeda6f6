/** Questions and orders to the admin port, as `/debug/…` of the process that is meant. Functions. */

/** Where the `/debug/` of a process is. @param slot of a worker; null for a server in its own process */
export function debugPath(slot: number | null, path: string): string {
  return `${slot === null ? '' : `/workers/${slot}`}/debug/${path}`
}

/** Of this port. A page that was opened with a name and a password in its URL must not ask by it: a browser refuses to. */
function own(path: string): URL {
  return new URL(path, location.origin)
}

/** Does the port answer at all? */
export async function isAnswering(withinMs: number): Promise<boolean> {
  try {
    await fetch(own('/healthz'), { signal: AbortSignal.timeout(withinMs) })
    return true
  } catch {
    return false
  }
}

/** @throws Error with the line the port has answered */
export async function getJson<Value>(path: string, signal?: AbortSignal): Promise<Value> {
  const response = await fetch(own(path), { ...(signal !== undefined && { signal }) })
  if (!response.ok) throw new Error(await lineOf(response))
  return (await response.json()) as Value
}

export async function getBytes(path: string): Promise<Blob> {
  const response = await fetch(own(path))
  if (!response.ok) throw new Error(await lineOf(response))
  return await response.blob()
}

/** A change: with the header that no page of elsewhere can send. */
async function post(path: string): Promise<Response> {
  const response = await fetch(own(path), { method: 'POST', headers: { 'X-Holdfast': '1' } })
  if (!response.ok) throw new Error(await lineOf(response))
  return response
}

export async function postJson<Value>(path: string): Promise<Value> {
  return (await (await post(path)).json()) as Value
}

/** An order whose answer goes on, a line of JSON at a time; resolves with the last. */
export async function postLines<Line>(path: string): Promise<Line | null> {
  const { body } = await post(path)
  if (body === null) return null
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let last: Line | null = null
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return last
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') last = JSON.parse(line) as Line
  }
}

async function lineOf(response: Response): Promise<string> {
  const text = (await response.text()).trim().split('\n')[0]
  return text === undefined || text === '' ? `the answer was ${response.status}` : `${response.status}: ${text}`
}
