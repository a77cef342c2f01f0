// Asks for the words while the rest of the page's modules are still on their way.

import { currentLanguage } from './settings.js';
import { bring } from './texts.js';

bring([currentLanguage()]);
