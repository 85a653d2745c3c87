import { hash } from 'node:crypto'
import type { RedisClient } from './client.js'

/** A Lua script that Redis runs as one step. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const createScript = (lua: string): Script => ({ lua, sha: hash('sha1', lua) })

/** KEYS: session. ARGV: sealed, active, time to live, facts or nothing. */
export const createSession = createScript(`
redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'version', '1', 'active', ARGV[2])
if ARGV[4] then redis.call('HSET', KEYS[1], 'facts', ARGV[4]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)

/** KEYS: session. ARGV: sealed, expected version. Returns 1 replaced, 0 conflict, -1 absent. */
export const replaceSession = createScript(`
local version = redis.call('HGET', KEYS[1], 'version')
if not version then return -1 end
if version ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1`)

/** KEYS: session. ARGV: active, time to live. Returns 0 when absent; a retired session stays as it is. */
export const touchSession = createScript(`
local active = redis.call('HGET', KEYS[1], 'active')
if not active then return 0 end
if redis.call('HEXISTS', KEYS[1], 'retires') == 1 then return 1 end
if tonumber(active) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'active', ARGV[1]) end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`)

/** KEYS: session. ARGV: the instant of the end, time to live. Returns 0 when absent. */
export const retireSession = createScript(`
if redis.call('HEXISTS', KEYS[1], 'active') == 0 then return 0 end
local known = redis.call('HGET', KEYS[1], 'retires')
if not known or tonumber(known) > tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'retires', ARGV[1])
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`)

/** KEYS: session. ARGV: expected version. Returns the number of sessions removed. */
export const destroySession = createScript(`
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)

/** KEYS: lock, trace. ARGV: owner, lease. Returns nothing, or the trace, or '', and its time to live. */
export const acquireLock = createScript(`
if not redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return false end
return {redis.call('GET', KEYS[2]) or '', redis.call('PTTL', KEYS[2])}`)

/** KEYS: lock. ARGV: owner, lease. Returns 0 when the lock is not the owner's any more. */
export const extendLock = createScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

/**
 * KEYS: lock, trace. ARGV: owner, lease, version, time to live of the trace. A trace says the version,
 * a space, and the owner; 'asked' once two have asked, since neither can take it away then; or
 * 'refused'. Returns 0 when the lock is not the owner's any more, or somebody was refused.
 */
export const askUnderLock = createScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local found = redis.call('GET', KEYS[2])
local trace = ARGV[3] .. ' ' .. ARGV[1]
if found == ARGV[3] .. ' refused' then return 0 end
if found and found ~= trace and string.match(found, '^%d+') == ARGV[3] then
  trace = ARGV[3] .. ' asked'
end
redis.call('SET', KEYS[2], trace, 'PX', ARGV[4])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

/**
 * KEYS: trace. ARGV: owner, version, time to live of the trace. Returns 1 when no other owner asked with
 * the refresh token of that version, or when the session has another version by now.
 */
export const noteRefusal = createScript(`
local found = redis.call('GET', KEYS[1])
local isOfVersion = not found or string.match(found, '^%d+') == ARGV[2]
if found == ARGV[2] .. ' ' .. ARGV[1] or not isOfVersion then return 1 end
local refused = ARGV[2] .. ' refused'
if found ~= refused then redis.call('SET', KEYS[1], refused, 'PX', ARGV[3]) end
return 0`)

/** KEYS: lock, trace. ARGV: owner, the owner's trace or ''. */
export const releaseLock = createScript(`
if redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[2]) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)

/**
 * KEYS: index. ARGV: session key, its expiry, the expiry of what to drop, time to live.
 *
 * Each new entry drops more dead ones than it adds, but few: after a quiet night there may be as many of
 * them as there were sessions, and dropping 150,000 at once holds Redis up for a quarter of a second.
 */
export const addToIndex = createScript(`
local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3], 'LIMIT', 0, 100)
if #dead > 0 then redis.call('ZREM', KEYS[1], unpack(dead)) end
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known or tonumber(known) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1`)

/** KEYS: ended. ARGV: instant, time to live. */
export const markEnded = createScript(`
local known = redis.call('GET', KEYS[1])
if known and tonumber(known) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

/** KEYS: signing keys. ARGV: what is to be there now or '', what to put there, time to live. */
export const replaceSigningKeys = createScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`)

/** Runs a script on keys of one slot, by its hash unless the server has forgotten it (restart, SCRIPT FLUSH). */
export async function runScript(
  client: RedisClient,
  script: Script,
  key: string | readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  const keys = typeof key === 'string' ? [key] : key
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.eval(script.lua, keys.length, ...keys, ...args)
  }
}
