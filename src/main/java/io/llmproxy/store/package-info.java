/**
 * Configurations in a database: immutable versions, the head that says which of them is wanted, and what each node says of it. No
 * request waits for anything here.
 */
@NullMarked
package io.llmproxy.store;

import org.jspecify.annotations.NullMarked;
