// Runs on every page before its content: the colours must be right at once, and an old address must not flash.
import { setUpColours } from './colours.ts';
import { followOldAddress } from './old-addresses.ts';

document.documentElement.classList.add('has-script');
setUpColours();
followOldAddress();
