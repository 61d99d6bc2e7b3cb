// Prints the pseudonym under which a run sends a person: for whoever holds the key, to find one in the table.
import { SHORTEST_KEY } from '../src/inputs/privacy.ts';
import { Pseudonyms } from '../src/rows/pseudonyms.ts';

const names = process.argv.slice(2);
// As the action reads its inputs: without the blanks around it.
const key = (process.env.PSEUDONYM_KEY ?? '').trim();
if (names.length === 0 || [...key].length < SHORTEST_KEY) {
  const expected = `expected the key of "pseudonym-key" in the environment variable PSEUDONYM_KEY (at least ${SHORTEST_KEY} characters), and whom to look for`;
  console.error(`${expected}: npm run pseudonym -- user@contoso.com`);
  process.exit(1);
}
const pseudonyms = new Pseudonyms(key);
for (const name of names) console.log(pseudonyms.of(name));
