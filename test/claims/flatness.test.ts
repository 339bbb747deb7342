import { testClaims } from "../support/test-claims.ts";

testClaims("flatness");
