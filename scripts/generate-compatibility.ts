// Writes docs/compatibility.md from the table of what holds each promise of the five systems: `npm run compatibility`.
import { writeFileSync } from "node:fs";
import { compatibilityPage } from "../test/docs/compatibility/page.ts";

writeFileSync(new URL("../docs/compatibility.md", import.meta.url), compatibilityPage());
