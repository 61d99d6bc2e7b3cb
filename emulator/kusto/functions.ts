import { ADDRESSES } from './functions/addresses.ts';
import { ARRAYS } from './functions/arrays.ts';
import { BAGS } from './functions/bags.ts';
import { CONDITIONS } from './functions/conditions.ts';
import { CONVERSIONS } from './functions/conversions.ts';
import { DATE_ARITHMETIC } from './functions/date-arithmetic.ts';
import { DATE_FORMATS } from './functions/date-formats.ts';
import { DATES } from './functions/dates.ts';
import { HASHES } from './functions/hashes.ts';
import { NUMBERS } from './functions/numbers.ts';
import { PATTERNS } from './functions/patterns.ts';
import type { Functions } from './functions/scalar-function.ts';
import { TEXTS } from './functions/texts.ts';

/** https://learn.microsoft.com/en-us/kusto/query/scalar-functions */
export const FUNCTIONS: Functions = {
  ...{ ...ADDRESSES, ...ARRAYS, ...BAGS, ...CONDITIONS, ...CONVERSIONS, ...HASHES },
  ...{ ...DATE_ARITHMETIC, ...DATE_FORMATS, ...DATES, ...NUMBERS, ...PATTERNS, ...TEXTS },
};
