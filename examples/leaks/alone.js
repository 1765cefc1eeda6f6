// Runs a program of these folders by itself, on ports 8080 and 6060, or PORT and ADMIN_PORT. Runs until SIGINT or SIGTERM.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Does nothing when the program was imported by another.
 * @param {string} url of the program: `import.meta.url`
 * @param {(port: number, adminPort: number) => Promise<{port: number, adminPort?: number, stop: () => unknown}>} start
 */
export async function runAlone(url, start) {
  if (realpathSync(process.argv[1]) !== fileURLToPath(url)) return
  const { PORT = '8080', ADMIN_PORT = '6060' } = process.env
  const { port, adminPort, stop } = await start(Number(PORT), Number(ADMIN_PORT))
  if (adminPort !== undefined) console.log(`look     curl http://127.0.0.1:${adminPort}/debug/work`)
  console.log(`clients  node examples/leaks/clients.js ws://localhost:${port}/`)
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
