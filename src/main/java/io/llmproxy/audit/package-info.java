/** What is noted of the acts of operators, and the chain that shows whether a note was changed afterwards. */
@NullMarked
package io.llmproxy.audit;

import org.jspecify.annotations.NullMarked;
