/** Who operates the gateway: roles, users, tokens and sessions. It knows no request and no database. */
@NullMarked
package io.llmproxy.access;

import org.jspecify.annotations.NullMarked;
