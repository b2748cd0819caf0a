/**
 * Returns values that a careless comparison takes for the given one: in another letter case, with extra characters, or
 * equal as a number. Each has a name of a few words.
 */
export function nearMisses(value: string): [name: string, value: string][] {
  const swapped = value.replace(/[a-z]/gi, (char) =>
    char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase(),
  );
  const isNumber = /^\d{1,30}$/.test(value);
  const all: [string, string][] = [
    ['in the other letter case', swapped],
    ['in capitals', value.toUpperCase()],
    ['in small letters', value.toLowerCase()],
    ['without its last character', value.slice(0, -1)],
    ['without its first character', value.slice(1)],
    ['with a character in front', `x${value}`],
    ['with a zero in front', `0${value}`],
    ['with a character behind', `${value}x`],
    ['with a zero behind', `${value}0`],
    ['with a wildcard of SQL behind', `${value}%`],
    ['with a wildcard of SQL at its end', `${value.slice(0, -1)}_`],
    ['with a wildcard behind', `${value}*`],
    ['twice, with a comma', `${value},${value}`],
    ['in quotes', `"${value}"`],
    ['with a semicolon behind', `${value};x=1`],
    ['with its first character percent-encoded', `%${value.charCodeAt(0).toString(16)}${value.slice(1)}`],
    ...(isNumber ? numbersLike(value) : []),
  ];
  const seen = new Set([value, '']);
  // A provider that counts its ids may have given the numbers near a short one to other things.
  const isTaken = (other: string): boolean => /^\d{1,11}$/.test(value) && /^[1-9]\d*$/.test(other);
  return all.filter(([, other]) => !isTaken(other) && !seen.has(other) && seen.add(other));
}

function numbersLike(digits: string): [name: string, value: string][] {
  const number = BigInt(digits);
  return [
    ['as a fraction', `${digits}.0`],
    ['with an exponent', `${digits}e0`],
    ['with a sign', `+${digits}`],
    ['in hexadecimal', `0x${number.toString(16)}`],
    ...sameDoubles(number).map((other): [string, string] => ['that is the same as a double', String(other)]),
    ['modulo 2^64', String(number + 2n ** 64n)],
  ];
}

/** Ids closer than this may exist: many providers count the ids of one millisecond up. */
const neighbours = 60n;

/** Returns another number that is equal as a double, but not so near that it may be the id of something else. */
function sameDoubles(number: bigint): bigint[] {
  const isFar = (other: bigint): boolean => other - number >= neighbours || number - other >= neighbours;
  const others = [BigInt(Number(number)), number + neighbours, number - neighbours];
  return others.filter((other) => isFar(other) && Number(other) === Number(number)).slice(0, 1);
}
