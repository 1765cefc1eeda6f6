// Settings that are read again without a restart: the module is taken out of the cache of `require`, and required again. Who
// requires remembers all modules it has ever required, in `module.children`.
//
// verdict: leak
// holder: children | require
'use strict'
const path = require('node:path')

const file = path.join(__dirname, 'require-again', 'settings.cjs')

function fresh() {
  delete require.cache[file] // ← or holds
  return require(file) // ← holds
}

exports.round = async () => {
  for (let index = 0; index < 10; index++) if (!fresh().limits) throw new Error('no limits')
}
