#!/usr/bin/env node
/** The command `sluice`. */
'use strict'

const path = require('path')
const { runEntry } = require('sluice-broker/bin/run.cjs')

runEntry(path.dirname(__dirname), 'main', process.argv.slice(2))
