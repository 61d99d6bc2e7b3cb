/** Before any test: whole runs start the bundle of the sources at hand, never one that is older. */
import { freshBundle } from '../../tools/fresh-bundle.ts';

export default function globalSetup(): void {
  freshBundle();
}
