/** How people sign in at an identity provider: OpenID Connect's code flow with PKCE. It knows no servlet and keeps nothing about people. */
@NullMarked
package io.llmproxy.admin.oidc;

import org.jspecify.annotations.NullMarked;
