//! One inference, through the runtime's C interface.
//!
//! `Session::run` of ort 2.0.0-rc.14 asks the runtime for a description of each output and never releases
//! it: 160 bytes lost by every question (55 MB resident after 200,000 of them, 27 before), which an
//! instance that runs for months cannot afford, and rc.15 does not go with ort-tract 0.5. So the call is
//! made here and everything that it allocates is released here; inputs are still ort's. This is the only
//! file with unsafe code. Goes when ort releases what it asks for.
#![allow(unsafe_code)]

use super::COUNT;
use ort::AsPointer;
use ort::session::Session;
use ort::sys::{ONNXTensorElementDataType, OrtApi, OrtStatusPtr, OrtValue};
use ort::value::TensorRef;
use std::ffi::{CString, c_void};
use std::ptr;

/// Means and covariances of the log measures, as the model gives them.
pub struct Outputs {
    pub mean: [f32; COUNT],
    pub covariance: [f32; COUNT * COUNT],
}

/// The runtime refused, or gave something of another type or size. What it said is dropped: it contains
/// the input.
pub struct Refused;

/// # Errors
/// As `Refused`.
pub fn run(
    session: &mut Session,
    body: &[f32; 3],
    log_variance: &[f32; 3],
) -> Result<Outputs, Refused> {
    let input = |values| TensorRef::from_array_view(([1_usize, 3], values)).map_err(|_| Refused);
    let (body, log_variance) = (input(&body[..])?, input(&log_variance[..])?);
    let inputs = [body.ptr(), log_variance.ptr()];
    let c_string = |name: &str| CString::new(name).map_err(|_| Refused);
    let input_names = session.inputs().iter().map(|input| c_string(input.name()));
    let input_names = input_names.collect::<Result<Vec<_>, _>>()?;
    let output_names = session.outputs().iter().map(|output| c_string(output.name()));
    let output_names = output_names.collect::<Result<Vec<_>, _>>()?;
    if input_names.len() != inputs.len() || output_names.len() != 2 {
        return Err(Refused);
    }
    let input_names = [input_names[0].as_ptr(), input_names[1].as_ptr()];
    let output_names = [output_names[0].as_ptr(), output_names[1].as_ptr()];

    let api = ort::api();
    let mut values = [ptr::null_mut::<OrtValue>(); 2];
    // SAFETY: the session is ours alone (`&mut`); names and inputs are as many as said and outlive the
    // call; `values` has room for the outputs, which the runtime allocates because they are null.
    let status = unsafe {
        (api.Run)(
            session.ptr().cast_mut(),
            ptr::null(),
            input_names.as_ptr(),
            inputs.as_ptr(),
            inputs.len(),
            output_names.as_ptr(),
            output_names.len(),
            values.as_mut_ptr(),
        )
    };
    let [mean, covariance] = values.map(|value| Output { api, value });
    check(api, status)?;
    Ok(Outputs { mean: mean.values()?, covariance: covariance.values()? })
}

/// An output that the runtime allocated; released when it is dropped.
struct Output {
    api: &'static OrtApi,
    value: *mut OrtValue,
}

impl Output {
    /// Its numbers, if they are `N` of the right type.
    fn values<const N: usize>(&self) -> Result<[f32; N], Refused> {
        let Output { api, value } = self;
        if value.is_null() || self.shape()? != (F32, N) {
            return Err(Refused);
        }
        let mut data: *mut c_void = ptr::null_mut();
        // SAFETY: a tensor that is alive; it has `N` numbers of this type, which are copied out.
        unsafe {
            check(api, (api.GetTensorMutableData)(*value, &mut data))?;
            Ok(data.cast::<[f32; N]>().read_unaligned())
        }
    }

    /// Type and number of its elements.
    fn shape(&self) -> Result<(ONNXTensorElementDataType, usize), Refused> {
        let Output { api, value } = self;
        let mut kind = ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
        let mut count = 0;
        let mut shape = ptr::null_mut();
        // SAFETY: a tensor that is alive; its description is released on every way out.
        unsafe {
            check(api, (api.GetTensorTypeAndShape)(*value, &mut shape))?;
            let kind_known = check(api, (api.GetTensorElementType)(shape, &mut kind));
            let count_known = check(api, (api.GetTensorShapeElementCount)(shape, &mut count));
            (api.ReleaseTensorTypeAndShapeInfo)(shape);
            kind_known.and(count_known)?;
        }
        Ok((kind, count))
    }
}

const F32: ONNXTensorElementDataType =
    ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;

impl Drop for Output {
    fn drop(&mut self) {
        if !self.value.is_null() {
            // SAFETY: ours, and not used afterwards.
            unsafe { (self.api.ReleaseValue)(self.value) };
        }
    }
}

/// Releases what the runtime says.
fn check(api: &OrtApi, status: OrtStatusPtr) -> Result<(), Refused> {
    if status.0.is_null() {
        return Ok(());
    }
    // SAFETY: a status that is not null is ours to release.
    unsafe { (api.ReleaseStatus)(status.0) };
    Err(Refused)
}
