/** A plain scalar as kubectl resolves it. */
export type Scalar =
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'str'; readonly value: string }
  /** Something that kubectl would refuse, or not keep as it is written. */
  | { readonly type: 'unfit'; readonly reason: 'not finite' | 'inexact' }

const spellings = (...words: string[]) =>
  words.flatMap((word) => [word, word.slice(0, 1).toUpperCase() + word.slice(1), word.toUpperCase()])
const WORDS = new Map<string, Scalar>([
  ...['', '~', ...spellings('null')].map((word) => [word, { type: 'null', value: null }] as const),
  ...spellings('y', 'yes', 'true', 'on').map((word) => [word, { type: 'bool', value: true }] as const),
  ...spellings('n', 'no', 'false', 'off').map((word) => [word, { type: 'bool', value: false }] as const),
  ...['', '+', '-']
    .flatMap((sign) => spellings('inf').map((word) => `${sign}.${word}`))
    .concat('.nan', '.NaN', '.NAN')
    .map((word) => [word, { type: 'unfit', reason: 'not finite' }] as const),
])

const INTEGER = /^[-+]?(0|[1-9]\d*|0[0-7]+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/
const DECIMAL = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/
/** Without leading digits Go takes an underscore only between digits, else anywhere. */
const FRACTION = /^\.\d(_?\d)*([eE][-+]?\d(_?\d)*)?$/

/**
 * Resolves a plain scalar the way kubectl does, which is neither YAML 1.1 nor 1.2: octals as in Go, `yes` and `on` are
 * booleans, dates and sexagesimals strings (go.yaml.in/yaml/v2, resolve.go). Integers are exact to the last
 * digit; those outside of 64 bits are unfit where kubectl would round them.
 */
export function resolveScalar(text: string): Scalar {
  // Almost all scalars are words, and these characters are where anything else starts.
  if (!/^[-+.\d~yYnNtTfFoO]|^$/.test(text)) return { type: 'str', value: text }
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (text.startsWith('.')) return FRACTION.test(text) ? decimal(text) : { type: 'str', value: text }
  if (!/^[-+\d]/.test(text)) return { type: 'str', value: text }
  const plain = text.replaceAll('_', '')
  if (INTEGER.test(plain)) return integer(plain, text)
  // Go reads a sign behind the prefix of a binary number, and nowhere else.
  if (/^0b[-+][01]+$/.test(plain)) return integer(`${plain.charAt(2)}0b${plain.slice(3)}`, text)
  if (/^[-+]?\d+$/.test(plain)) return longNumber(plain)
  return DECIMAL.test(plain) ? decimal(text) : { type: 'str', value: text }
}

function integer(literal: string, text: string): Scalar {
  const digits = literal.replace(/^[-+]/, '').toLowerCase()
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = literal.startsWith('-') ? -magnitude : magnitude
  if (BigInt.asIntN(64, value) !== value) {
    // Of what does not fit, Go keeps unsigned 64-bit integers, makes floats of decimals, and leaves the rest as text.
    const isText = /^0[xob]/.test(digits) && (magnitude >= 2n ** 64n || /^[-+]/.test(literal))
    return isText ? { type: 'str', value: text } : longNumber(literal)
  }
  const number = Number(value)
  return { type: 'int', value: Number.isSafeInteger(number) ? number : value }
}

/** Digits that are no 64-bit integer in Go, such as `08`: a float, which fits if it keeps the number as it is written. */
function longNumber(digits: string): Scalar {
  const value = Number(digits)
  const isKept = Number.isSafeInteger(value) || String(value) === digits
  return isKept ? { type: 'float', value } : { type: 'unfit', reason: 'inexact' }
}

function decimal(text: string): Scalar {
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? { type: 'float', value } : { type: 'str', value: text }
}
