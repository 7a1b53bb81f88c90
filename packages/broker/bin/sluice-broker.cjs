#!/usr/bin/env node
/** The command `sluice-broker`: the embedded Kafka broker on its own. */
'use strict'

const path = require('path')
const { runEntry } = require('./run.cjs')

runEntry(path.dirname(__dirname), 'main', process.argv.slice(2))
