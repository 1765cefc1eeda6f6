// Writes the alerts of deploy/prometheus/rules.yml where Kubernetes wants them: into the chart, which reads no file outside of its folder, and
// as a PrometheusRule beside the overlay. Part of `npm run docs`.
//
//   node scripts/alerts.js             writes both
//   node scripts/alerts.js --check     writes nothing; exit code 1 and one line for each that is stale
//   ... --folder DIR                   the same below another folder than deploy/ (for its test)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values: args } = parseArgs({ options: { check: { type: 'boolean' }, folder: { type: 'string' } } })
const folder = args.folder ?? join(root, 'deploy')
const rules = readFileSync(join(folder, 'prometheus', 'rules.yml'), 'utf8')

const copies = {
  'helm/holdfast/files/rules.yml': rules,
  'kubernetes/overlays/production/alerts.yaml': prometheusRule(rules),
}
for (const [name, text] of Object.entries(copies)) {
  const path = join(folder, name)
  if (args.check) {
    if (readOr(path, null) === text) continue
    console.error(`deploy/${name} is not what deploy/prometheus/rules.yml says: npm run docs`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

/** @param {string} text */
function prometheusRule(text) {
  const groups = text.slice(text.search(/^groups:/m)).trimEnd()
  const indented = groups.replace(/^(?=.)/gm, '  ')
  return `# Generated from deploy/prometheus/rules.yml: change it there, then \`npm run docs\`.
# For the Prometheus operator. Each alert has a page in docs/runbooks/.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: chat
  labels:
    app: chat
spec:
${indented}
`
}

/** @param {string} path @param {string | null} otherwise */
function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
