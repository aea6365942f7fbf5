// Brings two changes of one text together, line by line.
const MOST = 4_000_000;

/** For each line of one text the line of the other that is the same; -1 for none. */
function matches(one, other) {
  const found = new Int32Array(one.length).fill(-1);
  let first = 0;
  while (first < one.length && first < other.length && one[first] === other[first]) {
    found[first] = first;
    first += 1;
  }
  let end = one.length;
  let otherEnd = other.length;
  while (end > first && otherEnd > first && one[end - 1] === other[otherEnd - 1]) {
    end -= 1;
    otherEnd -= 1;
    found[end] = otherEnd;
  }
  const rows = end - first;
  const columns = otherEnd - first;
  // Two texts that have so little in common are told apart as a whole.
  if (rows * columns > MOST) return found;
  const width = columns + 1;
  const common = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[row * width + column] = one[first + row] === other[first + column] ? common[(row + 1) * width + column + 1] + 1
        : Math.max(common[(row + 1) * width + column], common[row * width + column + 1]);
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (one[first + row] === other[first + column]) {
      found[first + row] = first + column;
      row += 1;
      column += 1;
    } else if (common[(row + 1) * width + column] >= common[row * width + column + 1]) row += 1;
    else column += 1;
  }
  return found;
}

const same = (one, other) => one.length === other.length && one.every((line, index) => line === other[index]);

/**
 * Merges what two have made of the same text. Where both have changed the same lines, both stand there between marks, so that the result is no
 * configuration until someone has decided.
 */
export function merge(base, mine, theirs, names) {
  const [from, own, other] = [base, mine, theirs].map((text) => text.split("\n"));
  const ofOwn = matches(from, own);
  const ofOther = matches(from, other);
  const merged = [];
  let conflicts = 0;
  let at = 0;
  let atOwn = 0;
  let atOther = 0;
  for (let next = 0; next <= from.length; next += 1) {
    const last = next === from.length;
    if (last || (ofOwn[next] >= 0 && ofOther[next] >= 0)) {
      const before = from.slice(at, next);
      const mineHere = own.slice(atOwn, last ? own.length : ofOwn[next]);
      const theirsHere = other.slice(atOther, last ? other.length : ofOther[next]);
      if (same(before, mineHere)) merged.push(...theirsHere);
      else if (same(before, theirsHere) || same(mineHere, theirsHere)) merged.push(...mineHere);
      else {
        conflicts += 1;
        merged.push(`<<<<<<< ${names.mine}`, ...mineHere, "=======", ...theirsHere, `>>>>>>> ${names.theirs}`);
      }
      if (!last) {
        merged.push(from[next]);
        at = next + 1;
        atOwn = ofOwn[next] + 1;
        atOther = ofOther[next] + 1;
      }
    }
  }
  return { text: merged.join("\n"), conflicts };
}
