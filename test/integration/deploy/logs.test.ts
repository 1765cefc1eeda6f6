/**
 * deploy/logs: the files parse, and each field they name is one of the log. Elasticsearch, Logstash, Kibana, Filebeat and Vector are not here: whether
 * they take the files is not tested.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { LOG_FIELDS } from '../../../src/ops/logs/log-fields.ts'
import { ROOT } from '../../support/supervised.ts'
import { deployFile } from './front.ts'

const TYPES = Object.fromEntries(Object.entries(LOG_FIELDS).map(([name, [type]]) => [name, type as string]))
/** What shippers add: where the lines are kept. */
const ROUTING = ['data_stream.type', 'data_stream.dataset', 'data_stream.namespace']

interface Mapping {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Mapping>>
}

function leaves({ properties = {} }: Mapping, prefix = ''): [string, string][] {
  return Object.entries(properties).flatMap(([name, mapping]) =>
    mapping.properties === undefined
      ? [[`${prefix}${name}`, mapping.type ?? ''] as [string, string]]
      : leaves(mapping, `${prefix}${name}.`),
  )
}

test('the index template has the fields of the log, with their types, and no others', () => {
  const { template, index_patterns, data_stream } = JSON.parse(deployFile('logs/index-template.json'))
  const mapped = leaves(template.mappings).filter(([name]) => !ROUTING.includes(name))
  assert.deepEqual(Object.fromEntries(mapped), TYPES)
  assert.deepEqual([index_patterns, data_stream], [['logs-holdfast-*'], {}])
  const wrong = JSON.parse(deployFile('logs/index-template.json').replace('"slot"', '"number"'))
  assert.notDeepEqual(
    Object.fromEntries(leaves(wrong.template.mappings).filter(([name]) => !ROUTING.includes(name))),
    TYPES,
    'negative control: another name is found',
  )
})

test('the data view and the search of Kibana name fields of the log', () => {
  const [view, search] = deployFile('logs/kibana.ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(view.attributes.title, 'logs-holdfast-*')
  assert.ok(view.attributes.timeFieldName in TYPES)
  assert.deepEqual(
    [...search.attributes.columns, search.attributes.sort[0][0]].filter((name: string) => !(name in TYPES)),
    [],
  )
  const { query } = JSON.parse(search.attributes.kibanaSavedObjectMeta.searchSourceJSON)
  for (const [, name = ''] of query.query.matchAll(/([\w.]+):/g)) assert.ok(name in TYPES, name)
  assert.equal(search.references[0].id, view.id)
})

test('the shippers parse, read the same files, and send to the data stream of the template', () => {
  const elastic = parse(deployFile('logs/filebeat-elasticsearch.yml'), { strict: true })
  const logstash = parse(deployFile('logs/filebeat-logstash.yml'), { strict: true })
  const vector = parse(deployFile('logs/vector.yaml'), { strict: true })
  const [input] = elastic['filebeat.inputs']
  const { ndjson } = input.parsers[0]
  assert.deepEqual(logstash['filebeat.inputs'], elastic['filebeat.inputs'])
  // Names with dots become objects at the top: that is what makes them fields of ECS there.
  assert.deepEqual([ndjson.target, ndjson.expand_keys, ndjson.overwrite_keys], ['', true, true])
  assert.deepEqual(vector.sources.holdfast.include, input.paths)
  const { type, dataset, namespace } = vector.sinks.elasticsearch.data_stream
  const stream = `${type}-${dataset}-${namespace}`
  assert.equal(elastic['output.elasticsearch'].index, stream)
  assert.deepEqual(elastic.processors[0].add_fields.fields, { type, dataset, namespace })
  assert.ok(stream.startsWith('logs-holdfast-'))
  assert.deepEqual(vector.sinks.elasticsearch.inputs, Object.keys(vector.transforms))
  for (const [, name = ''] of vector.transforms.holdfast_ecs.source.matchAll(/\."([^"]+)"/g)) assert.ok(name in TYPES)
  assert.equal(TYPES['event.dataset'] !== undefined && dataset, 'holdfast')
  // Of what is no JSON its text alone is kept: what Vector adds to it are texts where ECS has objects.
  const otherwise = /else \{\s*\. = \{([^}]*)\}/.exec(vector.transforms.holdfast_ecs.source)?.[1] ?? ''
  assert.deepEqual(
    [...otherwise.matchAll(/"(\w+)":/g)].map(([, name]) => name),
    ['message', 'timestamp', 'tags'],
  )
  const conf = deployFile('logs/logstash.conf').replace(/#.*$/gm, '')
  assert.deepEqual(
    ['type', 'dataset', 'namespace'].map((part) => new RegExp(`data_stream_${part} => "(\\w+)"`).exec(conf)?.[1]),
    [type, dataset, namespace],
  )
  assert.equal(conf.split('{').length, conf.split('}').length)
  assert.match(logstash['output.logstash'].hosts[0], new RegExp(`:${/port => (\d+)/.exec(conf)?.[1]}$`))
})

test('the README names every file', () => {
  const readme = deployFile('logs/README.md')
  for (const name of readdirSync(`${ROOT}/deploy/logs`))
    if (name !== 'README.md') assert.ok(readme.includes(`\`${name}\``), name)
})

test('negative control: what is no YAML is found', () => {
  assert.throws(() => parse(deployFile('logs/vector.yaml').replace('sources:', 'sources'), { strict: true }))
})
