// A table that a CommonJS module exports, for its tests.
//
// verdict: leak
// holder: uploads
'use strict'

exports.uploads = {} // ← holds

let number = 0

function begin(name, bytes) {
  const id = `upload-${++number}`
  exports.uploads[id] = { name, bytes, parts: [], begun: new Date() }
  return id
}

exports.round = async function round() {
  for (let index = 0; index < 50; index++) begin(`file-${index}.png`, index * 1000)
}
