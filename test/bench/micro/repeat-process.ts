// Calls one of the hot functions again and again, for Valgrind to look at. Arguments: its place, and how many times.
import { repeat } from './cost.js'
import { hotCalls } from './hot-calls.js'

const [at, times] = process.argv.slice(2).map(Number)
const call = hotCalls[at ?? -1]
if (call === undefined) throw new Error('there is no such call')
repeat(call.run, times ?? 0)
