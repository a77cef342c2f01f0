// Shows the contract of the service that this page came from. No address but that service's is asked:
// the validator, which is elsewhere, is off.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
