/** Why a request went where it went: a record of each of the last exchanges. */
@NullMarked
package io.llmproxy.explain;

import org.jspecify.annotations.NullMarked;
