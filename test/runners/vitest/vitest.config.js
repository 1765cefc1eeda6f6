// Each test file twice: in a process of its own, which is how Vitest does it unless it is told otherwise, and in a thread.
const project = (pool) => ({ test: { name: pool, pool, testTimeout: 60_000 } })

// biome-ignore lint/style/noDefaultExport: Vitest takes no other.
export default { test: { projects: [project('forks'), project('threads')] } }
