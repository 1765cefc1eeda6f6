/**
 * What the kubelet does to a pod, done to a process: it is asked whether it is ready, its preStop runs, it gets SIGTERM, and when its
 * grace period is over, SIGKILL. Ends with the process.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { within } from '../../support/deadline.ts'
import { PATIENCE_MS, type Supervised } from '../../support/supervised.ts'

export interface PodEnd {
  /** It had not ended when the grace period was over. */
  readonly killed: boolean
  readonly code: number | null
  /** From the beginning of preStop. */
  readonly seconds: number
}

/** The status of a probe, as the kubelet sees it; 0 when nobody answers. */
export function probe(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(0))
    asked.end()
  })
}

export async function untilReady(pod: Supervised): Promise<void> {
  const latest = Date.now() + PATIENCE_MS
  while ((await probe(pod.adminPort, '/readyz')) !== 200) {
    if (Date.now() > latest) throw new Error('it is never ready')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** @param pod of its own process group: what is killed is all of it, as a pod is @param onTerm called when SIGTERM has been sent */
export async function endPod(
  pod: Supervised,
  { preStop, graceSeconds }: { readonly preStop: readonly string[]; readonly graceSeconds: number },
  onTerm: () => void = () => {},
): Promise<PodEnd> {
  const begun = performance.now()
  let killed = false
  const grace = setTimeout(() => {
    killed = true
    process.kill(-pod.pid, 'SIGKILL')
  }, graceSeconds * 1_000)
  try {
    const [program = '', ...args] = preStop
    const [status] = await within('preStop', once(spawn(program, args), 'exit'), PATIENCE_MS)
    if (status !== 0) throw new Error(`preStop ends with ${status}`)
    pod.signal('SIGTERM')
    onTerm()
    const { code } = await within('the pod to end', pod.exit, (graceSeconds + 30) * 1_000)
    return { killed, code, seconds: (performance.now() - begun) / 1_000 }
  } finally {
    clearTimeout(grace)
  }
}
